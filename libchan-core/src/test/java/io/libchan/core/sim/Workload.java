package io.libchan.core.sim;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.sim.SendActor.Kind;
import io.libchan.spi.Ends;
import io.libchan.spi.SendPort;
import java.util.ArrayList;
import java.util.List;

/** What is opened and sent, and what becomes of the ends inside letters. */
final class Workload {
  private static final int[] CAPACITIES = {0, 0, 1, 1, 2, 3, 8, 1024};
  private static final int MAX_DEPTH = 3;
  private static final int MAX_TRIES = 1_000;

  private final World world;
  private final Ledger ledger;
  private final Custody custody;
  private final boolean hasMoves;
  private int linesLeft;
  private int bytesLeft;
  private int movesLeft;
  private int opening; // top-level channels that are to be opened or accepted

  Workload(World world, Ledger ledger, Plan plan, Routes routes) {
    this.world = world;
    this.ledger = ledger;
    custody = new Custody(world, ledger, routes);
    linesLeft = plan.lines;
    bytesLeft = plan.bytes;
    movesLeft = plan.moves;
    hasMoves = plan.moves > 0;
  }

  Custody custody() {
    return custody;
  }

  /** Whether ends are sent on in this run. */
  boolean hasMoves() {
    return hasMoves;
  }

  /** Whether somebody who has got an end is to send it on. */
  boolean moves(boolean rarely) {
    if (movesLeft == 0 || world.isSettling() || !world.chance(rarely ? 15 : 60)) {
      return false;
    }
    movesLeft--;
    return true;
  }

  /** Part of the bytes that may still be sent in this run. */
  int takeBytes(int most) {
    int taken = Math.min(bytesLeft, world.below(most + 1));
    bytesLeft -= taken;
    return taken;
  }

  /** Whether no top-level channel is on its way. */
  boolean isQuiet() {
    return opening == 0;
  }

  // ---- top-level channels ----

  void openLater(Side from, Side to) {
    linesLeft--;
    opening++;
    int capacity = capacity();
    long when = world.between(0, 300 * World.MILLISECOND);
    world.after(when, () -> open(from, to, capacity, Kind.USUAL));
  }

  /** A channel that is there to carry ends. */
  void openRoad(Side from, Side to) {
    opening++;
    int capacity = capacity();
    long when = world.between(0, 20 * World.MILLISECOND);
    world.after(when, () -> open(from, to, capacity, Kind.ROAD));
  }

  private int capacity() {
    return CAPACITIES[world.below(CAPACITIES.length)];
  }

  private void open(Side from, Side to, int capacity, Kind kind) {
    if (!from.isStarted() || world.isFinishing()) {
      if (from.isSettled()) {
        opening--;
      } else {
        world.after(10 * World.MILLISECOND, () -> open(from, to, capacity, kind));
      }
      return;
    }
    Line line = ledger.line(capacity, kind == Kind.ROAD ? MAX_DEPTH : 0);
    line.opens(from.link());
    try {
      Sender<Letter> sender = from.session().tryOpen(name(line), Letter.class, capacity);
      if (sender == null) {
        world.hit(Hit.NO_STREAM_LEFT);
        world.after(10 * World.MILLISECOND, () -> open(from, to, capacity, kind));
        return;
      }
      opened(from, to, line, sender, kind);
    } catch (ChannelException e) {
      opening--;
      from.node().sawFailure(e.reason());
      if (!line.isPossible(e.reason())) {
        world.violate("open: nothing explains " + e.reason());
      }
    }
  }

  private static String name(Line line) {
    return "line-" + line.id + "-" + "x".repeat(line.id % 7);
  }

  private void opened(Side from, Side to, Line line, Sender<Letter> end, Kind kind) {
    world.note("open", from.link(), line.id, line.capacity);
    SendActor sender = new SendActor(from.node(), line, end, kind);
    if (kind == Kind.USUAL && world.chance(10)) {
      world.onFinish(() -> accept(to, line, sender, 0, kind));
    } else {
      long when = world.between(0, 20 * World.MILLISECOND);
      world.after(when, () -> accept(to, line, sender, 0, kind));
    }
  }

  /** Accepts as soon as it is there; some channels never come, as a limit refused them. */
  private void accept(Side to, Line line, SendActor sender, int tries, Kind kind) {
    Receiver<Letter> receiver =
        to.isSettled() ? to.session().tryAccept(name(line), Letter.class) : null;
    if (receiver != null) {
      opening--;
      accepted(to.node(), line, receiver, kind);
    } else if (to.isClosed() || tries > MAX_TRIES) {
      opening--;
      line.receiverIsGone();
    } else {
      int more = sender.isDone() ? tries + 1 : 0;
      world.after(
          world.between(World.MILLISECOND, 10 * World.MILLISECOND),
          () -> accept(to, line, sender, more, kind));
    }
  }

  private static void accepted(Node node, Line line, Receiver<Letter> receiver, Kind kind) {
    switch (kind) {
      case USUAL -> new ReceiveActor(node, line, receiver);
      case ROAD -> ReceiveActor.road(node, line, receiver);
      case BULK -> ReceiveActor.steady(node, line, receiver);
    }
  }

  /** A channel that carries 1 MiB when all is over, if the connection still can. */
  void openBulk(Side from, Side to) {
    opening++;
    Line line = ledger.line(1024, MAX_DEPTH);
    line.opens(from.link());
    try {
      Sender<Letter> sender = from.session().tryOpen(name(line), Letter.class, 1024);
      if (sender == null) {
        world.violate("no stream for a channel, and none is open");
        return;
      }
      opened(from, to, line, sender, Kind.BULK);
    } catch (ChannelException e) {
      world.violate("a session without faults opens no channel: " + e.reason());
    }
  }

  /** A reason that nobody but this channel's sides gives. */
  Reason reason(Line line, String text) {
    return new Reason(ReasonCode.FIRST_APPLICATION_NUMBER + line.id, text, "", List.of());
  }

  Letter bulk(Line line) {
    return new Letter(line.id, line.nextNumber(), 64 * 1024, List.of());
  }

  // ---- letters ----

  /**
   * The next letter of a line.
   *
   * @param errands ends that are sent on with it
   * @param usual whether it may have new ends, and much filling
   */
  Letter letter(Node node, Line line, List<Errand> errands, boolean usual) {
    List<Letter.Attached> ends = new ArrayList<>(0);
    for (Errand errand : errands) {
      ends.add(custody.attachUsed(node, errand));
    }
    if (usual && line.depth < MAX_DEPTH && !world.isFinishing() && world.chance(35)) {
      for (int count = 1 + world.below(3); count > 0 && linesLeft > 0; count--) {
        linesLeft--;
        ends.add(attach(node, line));
      }
    }
    int size = usual ? size() : takeBytes(300);
    if (size > 256 * 1024) {
      world.hit(Hit.ABOVE_WINDOW);
    }
    return new Letter(line.id, line.nextNumber(), size, List.copyOf(ends));
  }

  private int size() {
    int kind = world.below(100);
    if (kind < 60) {
      return takeBytes(300);
    }
    if (kind < 90) {
      return takeBytes(8 * 1024);
    }
    return takeBytes(kind < 98 ? 64 * 1024 : 600 * 1024);
  }

  private Letter.Attached attach(Node node, Line parent) {
    return switch (world.below(3)) {
      case 0 -> attachSender(node, parent);
      case 1 -> attachReceiver(node, parent);
      default -> attachBytes(node, parent);
    };
  }

  private Letter.Attached attachSender(Node node, Line parent) {
    Channel<Letter> channel = Channel.of(Letter.class, capacity());
    Line line = ledger.line(channel.sender().capacity(), parent.depth + 1);
    if (world.chance(30) && line.capacity > 0) {
      sendBefore(line, Ends.port(channel.sender()));
    }
    Runnable keeper = () -> new ReceiveActor(node, line, channel.receiver());
    return custody.attachNew(node, parent, Letter.end(line.id, 0), channel.sender(), keeper);
  }

  /** Letters that are in the channel before its sending end moves. */
  private void sendBefore(Line line, SendPort<Letter> port) {
    try {
      for (int count = 1 + world.below(3); count > 0; count--) {
        Letter letter = new Letter(line.id, line.nextNumber(), takeBytes(300), List.of());
        if (port.trySend(letter) > 0) {
          world.hit(Hit.SENT_BEFORE_MOVE);
          line.sent(letter);
        }
      }
    } catch (ChannelException e) {
      world.violate("a local channel fails: " + e.reason());
    }
  }

  private Letter.Attached attachReceiver(Node node, Line parent) {
    Channel<Letter> channel = Channel.of(Letter.class, capacity());
    Line line = ledger.line(channel.sender().capacity(), parent.depth + 1);
    Runnable keeper = () -> new SendActor(node, line, channel.sender(), Kind.USUAL);
    return custody.attachNew(node, parent, Letter.end(line.id, 1), channel.receiver(), keeper);
  }

  private Letter.Attached attachBytes(Node node, Line parent) {
    ByteStream.Pair pair = ByteStream.pair();
    ByteLine line = ledger.byteLine();
    Runnable keeper = () -> ByteActor.at(node, line, 1, pair.right());
    return custody.attachNew(node, parent, Letter.end(line.id, 0), pair.left(), keeper);
  }
}
