package io.libchan.core.sim;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.SendPort;
import io.libchan.spi.Successors;
import org.jspecify.annotations.Nullable;

/** Sends letters on one line, then closes, fails, or leaves the end lying about. */
final class SendActor extends Actor {
  private enum Farewell {
    CLOSE,
    FAIL,
    LEAVE
  }

  private static final int BULK_LETTERS = 16;

  private final Line line;
  private final boolean bulk;
  private final Farewell farewell;
  private SendPort<Letter> port;
  private int left;
  private int untilFlush;
  private @Nullable Letter current;
  private @Nullable Letter underWay; // of a rendezvous: its ends are given away when it is settled
  private long awaited; // the port's number that a receipt is wanted for
  private long awaitedLetter;
  private boolean rendezvous;
  private boolean withdrawing;
  private boolean closing;

  SendActor(Node node, Line line, SendPort<Letter> port, int letters) {
    this(node, line, port, letters, false);
  }

  /** Sends 1 MiB, whatever happens, and closes. */
  static SendActor bulk(Node node, Line line, SendPort<Letter> port) {
    return new SendActor(node, line, port, BULK_LETTERS, true);
  }

  private SendActor(Node node, Line line, SendPort<Letter> port, int letters, boolean bulk) {
    super(node);
    this.line = line;
    this.port = port;
    this.bulk = bulk;
    left = letters;
    int fate = bulk ? 0 : world.below(10);
    farewell = fate < 7 ? Farewell.CLOSE : fate < 9 ? Farewell.FAIL : Farewell.LEAVE;
    untilFlush = world.chance(30) ? 1 + world.below(5) : Integer.MAX_VALUE;
  }

  @Override
  void step() throws ChannelException {
    port = Successors.of(port);
    if (closing) {
      awaitEnd();
    } else if (awaited > 0) {
      settle();
    } else if (current == null && (left == 0 || (world.isFinishing() && !bulk))) {
      finish();
    } else {
      send();
    }
  }

  // ---- sending ----

  private void send() throws ChannelException {
    Letter letter = current;
    if (letter == null) {
      letter = bulk ? node.workload().bulk(line) : node.workload().letter(node, line);
      current = letter;
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

  private void awaitRoom(Letter letter) {
    if (!letter.ends().isEmpty() && world.isFinishing()) {
      // There may be no stream for its ends while everybody waits for one.
      world.hit(Hit.NO_STREAM_LEFT);
      node.workload().drop(node, letter);
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
    current = null;
    left--;
    line.sent(letter);
    node.workload().wasSent(node, letter);
    if (line.capacity == 0) {
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
    } else if (port.isReceived(awaited)) {
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
    switch (port.withdraw(awaited)) {
      case WITHDRAWN -> {
        world.hit(Hit.WITHDRAWN);
        line.withdrawn(awaitedLetter);
        takeBack();
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
  private void takeBack() {
    Letter letter = underWay;
    if (letter != null) {
      node.workload().takeBack(letter);
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
      Reason reason =
          new Reason(
              ReasonCode.FIRST_APPLICATION_NUMBER + line.id, "gave up", "", java.util.List.of());
      world.hit(Hit.FAILED);
      line.fails(reason);
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
      line.senderEnded(reason);
      done();
    }
  }

  @Override
  void failed(ChannelException failure) {
    Letter unsent = current;
    current = null;
    if (unsent != null) {
      node.workload().drop(node, unsent);
    }
    if (port.ended() == null && awaited == 0) {
      // Only this letter could not be sent.
      left = Math.max(0, left - 1);
      if (!node.ledger().isPossible(failure.reason(), line)) {
        world.violate(line + ": nothing explains " + failure.reason());
      }
      pause();
      return;
    }
    takeBack();
    line.senderEnded(failure.reason());
    node.sawFailure(failure.reason());
    done();
  }
}
