package io.libchan.core.sim;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.Sender;
import io.libchan.spi.Ends;
import io.libchan.spi.SendPort;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sends letters on one line, then closes, fails, or leaves the end lying about. */
final class SendActor extends Actor {
  /** What a sender is for. */
  enum Kind {
    /** Sends letters. */
    USUAL,
    /** Sends 1 MiB, whatever happens, and closes. */
    BULK,
    /** Waits for ends that are to be sent on. */
    ROAD
  }

  private enum Farewell {
    CLOSE,
    FAIL,
    LEAVE
  }

  private static final int BULK_LETTERS = 16;

  private final Line line;
  private final Kind kind;
  private final Farewell farewell;
  private final Sender<Letter> end;
  private final ArrayDeque<Errand> mail = new ArrayDeque<>(0);
  private SendPort<Letter> port;
  private int left;
  private int untilFlush;
  private @Nullable Letter current;
  private @Nullable Letter underWay; // of a rendezvous: its ends are given away when it is settled
  private SendPort<Letter> asked; // took what is awaited
  private long awaited; // the port's number that a receipt is wanted for
  private long awaitedLetter;
  private boolean rendezvous;
  private boolean withdrawing;
  private boolean closing;
  private boolean idle;

  SendActor(Node node, Line line, Sender<Letter> end, Kind kind) {
    super(node);
    this.line = line;
    this.end = end;
    this.kind = kind;
    port = Ends.port(end);
    asked = port;
    left = letters();
    int fate = kind == Kind.BULK ? 0 : world.below(10);
    int stays = node.workload().hasMoves() ? 4 : 7;
    farewell = fate < stays ? Farewell.CLOSE : fate < stays + 2 ? Farewell.FAIL : Farewell.LEAVE;
    untilFlush = world.chance(30) ? 1 + world.below(5) : Integer.MAX_VALUE;
    line.holds(Line.SENDER, end);
    if (kind == Kind.ROAD) {
      world.onFinish(this::pause);
    }
    if (kind != Kind.BULK && node.workload().moves(kind == Kind.ROAD)) {
      moveLater();
    }
  }

  private int letters() {
    return switch (kind) {
      case USUAL -> world.chance(5) ? world.below(60) : world.below(10);
      case BULK -> BULK_LETTERS;
      case ROAD -> Integer.MAX_VALUE;
    };
  }

  @Override
  void done() {
    line.holds(Line.SENDER, null);
    super.done();
    while (!mail.isEmpty()) {
      node.workload().custody().isNotSent(node, mail.remove());
    }
  }

  @Override
  void step() throws ChannelException {
    port = Ends.port(end);
    boolean ending = world.isFinishing() && kind != Kind.BULK;
    if (closing) {
      awaitEnd();
    } else if (awaited > 0) {
      settle();
    } else if (current == null && mail.isEmpty() && (left == 0 || ending)) {
      finish();
    } else if (current == null && mail.isEmpty() && kind == Kind.ROAD) {
      idle = true;
    } else {
      send();
    }
  }

  // ---- ends that are sent on ----

  /** Whether somebody else's end may be sent on here. */
  boolean carries(Freight freight) {
    return !isDone() && !closing && !world.isSettling() && !line.needs(freight);
  }

  Line line() {
    return line;
  }

  void carry(Errand errand) {
    mail.add(errand);
    if (idle) {
      idle = false;
      pause();
    }
  }

  @Override
  boolean mayMove() {
    return !closing && awaited == 0;
  }

  @Override
  boolean sendOn() {
    if (!node.workload().custody().sendOn(node, Letter.end(line.id, Line.SENDER), end)) {
      return false;
    }
    Letter unsent = current;
    current = null;
    if (unsent != null) {
      node.workload().custody().drop(node, unsent);
    }
    return true;
  }

  // ---- sending ----

  private void send() throws ChannelException {
    Letter letter = current;
    if (letter == null) {
      letter = letter();
      current = letter;
    }
    if (letter == null) {
      pause();
      return;
    }
    long expected = port.sent() + 1;
    long number = port.trySend(letter);
    if (number == SendPort.NO_ROOM) {
      awaitRoom(letter);
    } else if (number == SendPort.SUPERSEDED) {
      pauseFor(0);
    } else if (number != expected) {
      world.violate(line + ": number " + number + ", not " + expected);
    } else {
      sent(letter, number);
    }
  }

  private @Nullable Letter letter() {
    if (kind == Kind.BULK) {
      return node.workload().bulk(line);
    }
    List<Errand> errands = node.workload().custody().take(node, mail);
    return errands.isEmpty() && (left == 0 || kind == Kind.ROAD || world.isFinishing())
        ? null
        : node.workload().letter(node, line, errands, kind == Kind.USUAL && left > 0);
  }

  private void awaitRoom(Letter letter) {
    if (!letter.ends().isEmpty() && world.isFinishing()) {
      // There may be no stream for its ends while everybody waits for one.
      world.hit(Hit.NO_STREAM_LEFT);
      node.workload().custody().drop(node, letter);
      current = null;
      left = 0;
      pause();
      return;
    }
    boolean patient = letter.ends().isEmpty() && world.chance(80);
    long timeout = patient ? 0 : world.between(World.MILLISECOND, 200 * World.MILLISECOND);
    SendPort<Letter> now = port;
    await("room on " + line, now::awaitRoom, now::cancel, timeout);
  }

  private void sent(Letter letter, long number) {
    progress();
    asked = port;
    current = null;
    left = Math.max(0, left - 1);
    line.sent(letter);
    node.workload().custody().wasSent(letter);
    if (port.capacity() == 0) { // also where the end came without its stream, and is over
      world.hit(Hit.RENDEZVOUS);
      rendezvous = true;
      underWay = letter;
      awaited = number;
      awaitedLetter = letter.number();
    } else if (--untilFlush == 0) {
      untilFlush = 1 + world.below(8);
      rendezvous = false;
      awaited = number;
      awaitedLetter = letter.number();
      port.requestReceipt();
    }
    pause();
  }

  // ---- receipts ----

  private void settle() throws ChannelException {
    if (withdrawing) {
      withdraw();
    } else if (asked.isReceived(awaited)) {
      line.receipt(awaitedLetter);
      world.hit(Hit.FLUSHED);
      settled();
    } else {
      if (!rendezvous) {
        port.requestReceipt();
      }
      awaitReceipt(rendezvous && world.chance(40) ? world.between(1, 20 * World.MILLISECOND) : 0);
    }
  }

  private void awaitReceipt(long timeout) {
    SendPort<Letter> now = port;
    long number = awaited;
    await(
        "receipt " + number + " on " + line,
        waiter -> now.awaitReceipt(number, waiter),
        now::cancel,
        timeout);
  }

  @Override
  void timedOut() {
    withdrawing = awaited > 0;
  }

  private void withdraw() throws ChannelException {
    switch (asked.withdraw(awaited)) {
      case WITHDRAWN -> {
        world.hit(Hit.WITHDRAWN);
        line.withdrawn(awaitedLetter);
        takeBack(null);
        settled();
      }
      case RECEIVED -> {
        world.hit(Hit.WITHDRAWN_TOO_LATE);
        line.receipt(awaitedLetter);
        settled();
      }
      case PENDING -> awaitReceipt(0);
    }
  }

  /** The ends of a letter that was not received, as far as anybody knows, are ours again. */
  private void takeBack(@Nullable Reason failure) {
    Letter letter = underWay;
    if (letter != null) {
      node.workload().custody().takeBack(node, letter, failure);
    }
  }

  private void settled() {
    progress();
    underWay = null;
    awaited = 0;
    withdrawing = false;
    pause();
  }

  // ---- the end ----

  private void finish() {
    if (farewell == Farewell.LEAVE && !world.isFinishing()) {
      world.onFinish(this::pause);
      return;
    }
    closing = true;
    if (farewell == Farewell.FAIL) {
      Reason reason = node.workload().reason(line, "gave up line " + line.id);
      world.hit(Hit.FAILED);
      line.fails(reason, node);
      port.close(reason);
    } else {
      line.closes();
      port.close(Reason.END);
    }
    pause();
  }

  private void awaitEnd() {
    Reason reason = port.ended();
    if (reason == null) {
      SendPort<Letter> now = port;
      await("the end of " + line, now::onEnd, waiter -> {}, 0);
    } else {
      line.senderEnded(reason, node);
      done();
    }
  }

  @Override
  void failed(ChannelException failure) {
    Letter unsent = current;
    current = null;
    if (unsent != null) {
      node.workload().custody().drop(node, unsent);
    }
    if (port.ended() == null && awaited == 0) {
      // Only this letter could not be sent.
      left = Math.max(0, left - 1);
      line.check(failure.reason(), node);
      pause();
      return;
    }
    takeBack(failure.reason());
    line.senderEnded(failure.reason(), node);
    node.sawFailure(failure.reason());
    done();
  }
}
