package io.libchan.core.sim;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.spi.BytePort;
import io.libchan.spi.Ends;
import io.libchan.spi.Moving;
import io.libchan.spi.SendPort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is opened and sent, and what becomes of the ends inside letters. */
final class Workload {
  private static final int[] CAPACITIES = {0, 0, 1, 1, 2, 3, 8, 1024};
  private static final int MAX_DEPTH = 3;

  private final World world;
  private final Ledger ledger;
  private final Map<Integer, Offer> offers = new HashMap<>();
  private int linesLeft;
  private int bytesLeft;
  private int opening; // top-level channels that are to be opened or accepted

  /** An end in a letter, and what its other end is for. */
  private static final class Offer {
    private final Line.Carrier carrier;
    private final Object end;
    private @Nullable Runnable keeper; // starts whoever has the other end

    Offer(Line.Carrier carrier, Object end) {
      this.carrier = carrier;
      this.end = end;
    }

    void keep() {
      Runnable starts = keeper;
      keeper = null;
      if (starts != null) {
        starts.run();
      }
    }
  }

  Workload(World world, Ledger ledger, int lines, int bytes) {
    this.world = world;
    this.ledger = ledger;
    linesLeft = lines;
    bytesLeft = bytes;
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

  void openLater(Node from, Node to) {
    linesLeft--;
    opening++;
    int capacity = capacity();
    world.after(world.between(0, 300 * World.MILLISECOND), () -> open(from, to, capacity));
  }

  private int capacity() {
    return CAPACITIES[world.below(CAPACITIES.length)];
  }

  private void open(Node from, Node to, int capacity) {
    if (!from.isStarted() || world.isFinishing()) {
      if (from.isSettled()) {
        opening--;
      } else {
        world.after(10 * World.MILLISECOND, () -> open(from, to, capacity));
      }
      return;
    }
    Line line = ledger.line(capacity, 0, null);
    try {
      Sender<Letter> sender = from.session().tryOpen(name(line), Letter.class, capacity);
      if (sender == null) {
        world.hit(Hit.NO_STREAM_LEFT);
        world.after(10 * World.MILLISECOND, () -> open(from, to, capacity));
        return;
      }
      opened(from, to, line, Ends.port(sender), false);
    } catch (ChannelException e) {
      opening--;
      from.sawFailure(e.reason());
      if (!ledger.isPossible(e.reason(), line)) {
        world.violate("open: nothing explains " + e.reason());
      }
    }
  }

  private static String name(Line line) {
    return "line-" + line.id + "-" + "x".repeat(line.id % 7);
  }

  private void opened(Node from, Node to, Line line, SendPort<Letter> port, boolean bulk) {
    world.note("open", from.number(), line.id, line.capacity);
    SendActor sender =
        bulk ? SendActor.bulk(from, line, port) : new SendActor(from, line, port, letters());
    if (!bulk && world.chance(10)) {
      world.onFinish(() -> accept(to, line, sender, false));
    } else {
      world.after(world.between(0, 20 * World.MILLISECOND), () -> accept(to, line, sender, bulk));
    }
  }

  private int letters() {
    return world.chance(5) ? world.below(60) : world.below(10);
  }

  private void accept(Node to, Line line, SendActor sender, boolean bulk) {
    Receiver<Letter> receiver =
        to.isSettled() ? to.session().tryAccept(name(line), Letter.class) : null;
    if (receiver != null) {
      opening--;
      if (bulk) {
        ReceiveActor.steady(to, line, Ends.port(receiver));
      } else {
        new ReceiveActor(to, line, Ends.port(receiver));
      }
    } else if (to.isClosed() || sender.isDone()) {
      opening--;
    } else {
      world.after(
          world.between(World.MILLISECOND, 10 * World.MILLISECOND),
          () -> accept(to, line, sender, bulk));
    }
  }

  /** A channel that carries 1 MiB when all is over, if the connection still can. */
  void openBulk(Node from, Node to) {
    opening++;
    Line line = ledger.line(1024, MAX_DEPTH, null);
    try {
      Sender<Letter> sender = from.session().tryOpen(name(line), Letter.class, 1024);
      if (sender == null) {
        world.violate("no stream for a channel, and none is open");
        return;
      }
      opened(from, to, line, Ends.port(sender), true);
    } catch (ChannelException e) {
      world.violate("a session without faults opens no channel: " + e.reason());
    }
  }

  Letter bulk(Line line) {
    return new Letter(line.id, line.nextNumber(), 64 * 1024, List.of());
  }

  // ---- letters ----

  Letter letter(Node node, Line line) {
    List<Letter.Attached> ends = new ArrayList<>(0);
    if (line.depth < MAX_DEPTH && !world.isFinishing() && world.chance(35)) {
      for (int count = 1 + world.below(3); count > 0 && linesLeft > 0; count--) {
        linesLeft--;
        ends.add(attach(node, line));
      }
    }
    int size = size();
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
    Line.Carrier carrier = new Line.Carrier(parent);
    boolean skipped = world.chance(5);
    int kind = world.below(3);
    int id =
        switch (kind) {
          case 0 -> attachSender(node, parent, carrier);
          case 1 -> attachReceiver(node, parent, carrier);
          default -> attachBytes(node, carrier);
        };
    Offer offer = offers.get(id);
    world.note("attach", id, parent.id, parent.nextNumber());
    if (world.chance(50)) {
      offer.keep();
    }
    return new Letter.Attached(id, skipped, offer.end);
  }

  private int attachSender(Node node, Line parent, Line.Carrier carrier) {
    Channel<Letter> channel = Channel.of(Letter.class, capacity());
    Line line = ledger.line(channel.sender().capacity(), parent.depth + 1, carrier);
    Offer offer = new Offer(carrier, channel.sender());
    offer.keeper = () -> new ReceiveActor(node, line, Ends.port(channel.receiver()));
    offers.put(line.id, offer);
    if (world.chance(30) && line.capacity > 0) {
      sendBefore(line, Ends.port(channel.sender()));
    }
    return line.id;
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

  private int attachReceiver(Node node, Line parent, Line.Carrier carrier) {
    Channel<Letter> channel = Channel.of(Letter.class, capacity());
    Line line = ledger.line(channel.sender().capacity(), parent.depth + 1, carrier);
    Offer offer = new Offer(carrier, channel.receiver());
    int letters = letters();
    offer.keeper = () -> new SendActor(node, line, Ends.port(channel.sender()), letters);
    offers.put(line.id, offer);
    return line.id;
  }

  private int attachBytes(Node node, Line.Carrier carrier) {
    ByteStream.Pair pair = ByteStream.pair();
    ByteLine line = ledger.byteLine(carrier);
    Offer offer = new Offer(carrier, pair.left());
    offer.keeper = () -> ByteActor.at(node, line, 1, port(pair.right()));
    offers.put(line.id, offer);
    return line.id;
  }

  private static BytePort port(ByteStream stream) {
    return ((Moving.BytesEnd) Ends.move(stream)).port();
  }

  /** The letter is on its way: whoever has the other ends begins, if not before. */
  void wasSent(Node node, Letter letter) {
    for (Letter.Attached attached : letter.ends()) {
      Offer offer = offers.get(attached.line());
      if (offer.end instanceof Sender) {
        ledger.line(attached.line()).senderMoves();
      }
      offer.keep();
    }
  }

  /** The letter will not be sent: its ends are still ours. */
  void drop(Node node, Letter letter) {
    for (Letter.Attached attached : letter.ends()) {
      drop(attached.line(), offers.get(attached.line()));
    }
  }

  private void drop(int id, Offer offer) {
    offer.keep();
    if (offer.end instanceof Sender<?> sender) {
      ledger.line(id).closes();
      sender.close();
    } else if (offer.end instanceof Receiver<?> receiver) {
      ledger.line(id).cancels(Reason.of(ReasonCode.CANCELLED, "not sent"));
      ledger.line(id).receiverIsGone();
      receiver.close();
    } else if (offer.end instanceof ByteStream bytes) {
      Reason reason = Reason.of(ReasonCode.FAILED, "not sent");
      ledger.byteLine(id).resets(0, reason);
      bytes.reset(reason);
    }
  }

  /**
   * A letter that a local channel dropped took its ends along, and no library looks into it:
   * whoever drops letters has to end them. Comes again and again in the last phase.
   */
  void endWhatIsLost() {
    for (Map.Entry<Integer, Offer> each : offers.entrySet()) {
      Line.Carrier carrier = each.getValue().carrier;
      if (!carrier.arrived && carrier.line.isReceiverGone() && isOurs(each.getValue().end)) {
        world.hit(Hit.LOST_LOCALLY);
        drop(each.getKey(), each.getValue());
      }
    }
  }

  private static boolean isOurs(Object end) {
    try {
      Ends.move(end).undo();
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  // ---- what arrived ----

  void received(Node node, Letter letter) {
    for (Letter.Attached attached : letter.ends()) {
      Object end = attached.end();
      if (attached.skipped() && end == null) {
        world.hit(Hit.SKIPPED_END);
      } else if (end == null) {
        world.violate("letter " + letter.number() + " came without the end of " + attached.line());
      } else {
        offers.get(attached.line()).carrier.arrived = true;
        if (world.chance(8)) {
          world.hit(Hit.DROPPED_END);
          world.onFinish(() -> use(node, attached.line(), end));
        } else {
          use(node, attached.line(), end);
        }
      }
    }
  }

  @SuppressWarnings("unchecked") // all channels here carry letters
  private void use(Node node, int id, Object end) {
    if (end instanceof ByteStream bytes) {
      world.hit(Hit.NESTED_BYTES);
      ByteActor.at(node, ledger.byteLine(id), 0, port(bytes));
      return;
    }
    Line line = ledger.line(id);
    if (line.depth == MAX_DEPTH) {
      world.hit(Hit.DEPTH_3);
    }
    if (end instanceof Sender<?> sender) {
      world.hit(Hit.NESTED_SENDER);
      new SendActor(node, line, Ends.port((Sender<Letter>) sender), letters());
    } else {
      world.hit(Hit.NESTED_RECEIVER);
      new ReceiveActor(node, line, Ends.port((Receiver<Letter>) end));
    }
  }
}
