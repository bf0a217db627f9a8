package io.libchan.core.sim;

import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A pair of connections that have streams of their own. Order holds within a stream; between
 * streams it does not, so that a message can come before the streams that it names.
 */
final class SimMux implements Wire {
  private static final int MAX_EMPTY_TURNS = 10_000;

  private final World world;
  private final Side[] sides = {new Side(0), new Side(1)};
  private final byte[] scratch = new byte[64 * 1024];
  private final boolean[] stalled = new boolean[2];
  private final List<Runnable> held = new ArrayList<>();
  private Shape shape;
  private boolean cut;
  private boolean holding;
  private long sent;

  SimMux(World world, Shape shape) {
    this.world = world;
    this.shape = shape;
  }

  @Override
  public MuxConnection end(int side) {
    return sides[side];
  }

  /** Streams that are opened from now on are never seen by the peer. */
  void hold(boolean holds) {
    holding = holds;
  }

  @Override
  public void stall(int from) {
    stalled[from] = true;
  }

  @Override
  public void resume() {
    stalled[0] = false;
    stalled[1] = false;
    held.forEach(task -> world.after(delay(), task));
    held.clear();
  }

  @Override
  public void hurry() {
    shape = shape.fast();
  }

  @Override
  public boolean isOver() {
    return cut || sides[0].lost || sides[1].lost;
  }

  @Override
  public void cut(Cut how) {
    if (cut) {
      return;
    }
    cut = true;
    world.hit(how.reset() ? Hit.CUT_BY_RESET : Hit.CUT_IN_ORDER);
    world.note("cut", how.reset() ? 1 : 0, how.dropping(), sent);
    for (Side side : sides) {
      Reason reason = Reason.of(ReasonCode.CONNECTION_LOST, "the connection was lost: cut");
      world.after(how.drops(1 - side.number) ? 0 : delay(), () -> side.lost(reason));
    }
  }

  private long delay() {
    return world.between(shape.minDelay(), shape.maxDelay());
  }

  /** One end of the connection. */
  private final class Side implements MuxConnection {
    private final int number;
    private final Map<Integer, Half> open = new LinkedHashMap<>();
    private MuxConnection.@Nullable Handler handler;
    private int limit = 64;
    private int peerStreams;
    private boolean closing;
    private boolean lost;

    Side(int number) {
      this.number = number;
    }

    @Override
    public PeerInfo peer() {
      return PeerInfo.of("sim", "side" + (1 - number));
    }

    @Override
    public void start(MuxConnection.Handler newHandler) {
      handler = newHandler;
    }

    @Override
    public MuxStream open(StreamHeaders headers, Function<MuxStream, MuxStream.Handler> owner) {
      Half here = new Half(this, (int) headers.reference(), headers, true);
      Half there = new Half(sides[1 - number], here.id, headers, false);
      here.peer = there;
      there.peer = here;
      here.handler = owner.apply(here);
      if (!lost) {
        open.put(here.id, here);
        world.after(world.between(0, 100 * World.MICROSECOND), here::announce);
      }
      return here;
    }

    @Override
    public void limitStreams(int count) {
      limit = number == 0 ? count : count + 1;
    }

    @Override
    public void close() {
      if (!closing && !lost) {
        closing = true;
        closeWhenQuiet();
      }
    }

    /** Polls: a goodbye comes after everything else. */
    private void closeWhenQuiet() {
      if (lost) {
        return;
      }
      for (Half half : open.values()) {
        if (half.isBusy()) {
          world.after(World.MILLISECOND, this::closeWhenQuiet);
          return;
        }
      }
      Reason reason = Reason.of(ReasonCode.SESSION_CLOSED, "the session was closed");
      arrive(
          number,
          2 * shape.maxDelay(),
          () -> {
            sides[1 - number].lost(reason);
            lost(reason);
          });
    }

    @Override
    public void abort(Reason reason) {
      if (lost) {
        return;
      }
      world.after(0, () -> lost(reason));
      arrive(number, delay(), () -> sides[1 - number].lost(toldToPeer(reason)));
    }

    private Reason toldToPeer(Reason reason) {
      return world.chance(50)
          ? reason
          : Reason.of(ReasonCode.CONNECTION_LOST, "the peer gave the session up");
    }

    private void lost(Reason reason) {
      MuxConnection.Handler told = handler;
      if (lost || told == null) {
        return;
      }
      lost = true;
      world.note("lost", number, reason.number(), 0);
      told.lost(reason);
    }
  }

  /** Something arrives at the other side after a delay, unless the direction stands still. */
  private void arrive(int from, long delay, Runnable task) {
    world.after(
        delay,
        () -> {
          if (stalled[from]) {
            held.add(() -> arrive(from, 0, task));
          } else {
            task.run();
          }
        });
  }

  /**
   * Something under way.
   *
   * @param due when it arrives
   */
  private record Item(long due, Runnable arrival) {}

  /** What one side has of a stream, and what is on its way from there. */
  private final class Half implements MuxStream {
    private final Side side;
    private final int id;
    private final StreamHeaders headers;
    private final ArrayDeque<Item> lane = new ArrayDeque<>();
    private long lastDue;
    private MuxStream.@Nullable Handler handler;
    private Half peer = this;
    private final boolean opener;
    private boolean openArrived;
    private boolean laneMoving;
    private boolean announced;
    private boolean wanted;
    private boolean turnPlanned;
    private boolean blocked;
    private boolean endSent;
    private boolean peerEnded;
    private boolean endArrived; // our end reached the peer
    private boolean dead;
    private boolean overTold;
    private boolean counted;
    private long window = shape.window();
    private int owed;
    private int emptyTurns;
    private long lastArrived; // which of all items sent arrived last

    Half(Side side, int id, StreamHeaders headers, boolean opener) {
      this.opener = opener;
      this.side = side;
      this.id = id;
      this.headers = headers;
    }

    private boolean isBusy() {
      return !dead && (wanted || turnPlanned || blocked || !lane.isEmpty());
    }

    private boolean isGone() {
      return side.lost;
    }

    // ---- sending ----

    private void announce() {
      if (isGone()) {
        return;
      }
      announced = true;
      long order = sent++;
      if (!holding) {
        send(order, () -> peer.openArrived(order));
      }
      wantTurn();
    }

    private void send(long order, Runnable arrival) {
      lastDue = Math.max(lastDue, world.time() + delay());
      long due = lastDue;
      lane.add(
          new Item(
              due,
              () -> {
                lastArrived = Math.max(lastArrived, order);
                arrival.run();
              }));
      moveLane();
    }

    private void moveLane() {
      Item next = lane.peek();
      if (laneMoving || next == null) {
        return;
      }
      laneMoving = true;
      arrive(
          side.number,
          next.due() - world.time(),
          () -> {
            laneMoving = false;
            Item item = lane.poll();
            if (item != null && !peer.isGone()) {
              item.arrival().run();
              moveLane();
            }
          });
    }

    @Override
    public void wantWrite() {
      wanted = true;
      wantTurn();
    }

    private void wantTurn() {
      if (wanted
          && announced
          && !turnPlanned
          && !dead
          && !endSent
          && !isGone()
          && handler != null) {
        turnPlanned = true;
        world.after(world.between(0, 30 * World.MICROSECOND), this::turn);
      }
    }

    private void turn() {
      turnPlanned = false;
      MuxStream.Handler filling = handler;
      if (dead || endSent || isGone() || filling == null) {
        return;
      }
      wanted = false;
      int most =
          (int) Math.min(window, Math.min(scratch.length, 1 + world.below(shape.maxTarget())));
      ByteBuffer target = ByteBuffer.wrap(scratch, 0, most).slice();
      Left left = filling.fill(target);
      int count = target.position();
      if (count > 0) {
        emptyTurns = 0;
        window -= count;
        byte[] bytes = new byte[count];
        System.arraycopy(scratch, 0, bytes, 0, count);
        send(sent++, () -> peer.dataArrived(bytes));
      }
      switch (left) {
        case NOTHING -> {}
        case ENDED -> {
          endSent = true;
          send(sent++, () -> peer.endArrived());
        }
        case MORE -> goOn(count);
      }
    }

    private void goOn(int count) {
      if (window == 0) {
        blocked = true;
        return;
      }
      if (count == 0 && ++emptyTurns > MAX_EMPTY_TURNS) {
        world.violate("stream " + id + " has more to write, and never writes it");
        return;
      }
      wanted = true;
      wantTurn();
    }

    @Override
    public void credit(int bytes) {
      if (bytes <= 0 || dead || isGone()) {
        return;
      }
      owed += bytes;
      if (owed >= shape.window() / 2) {
        int grant = owed;
        owed = 0;
        send(sent++, () -> peer.granted(grant));
      } else {
        owed = lane.isEmpty() && world.chance(50) ? creditNow() : owed;
      }
    }

    private int creditNow() {
      int grant = owed;
      send(sent++, () -> peer.granted(grant));
      return 0;
    }

    @Override
    public boolean announced() {
      return announced;
    }

    @Override
    public void reset(int code) {
      if (dead || overTold || isGone()) {
        return;
      }
      dead = true;
      dropLane();
      if (!announced) {
        announce();
      }
      send(sent++, () -> peer.resetArrived(code));
      if (counted) {
        world.after(0, this::leave);
      }
      // The opener's place is free when the acceptor knows.
    }

    /** Drops what is under way, but for the opening. */
    private void dropLane() {
      Item opening = opener && announced && !peer.openArrived ? lane.peek() : null;
      lane.clear();
      if (opening != null) {
        lane.add(opening);
      }
    }

    // ---- arriving ----

    private void openArrived(long order) {
      noteOvertaken(order);
      openArrived = true;
      MuxConnection.Handler session = side.handler;
      if (session == null || dead) {
        return;
      }
      if (side.peerStreams >= side.limit) {
        dead = true;
        send(sent++, () -> peer.resetArrived(ReasonCode.LIMIT.number()));
        return;
      }
      side.peerStreams++;
      counted = true;
      announced = true;
      side.open.put(id, this);
      handler = session.opened(this, headers);
      wantTurn();
    }

    private void noteOvertaken(long order) {
      Half parent = sides[1 - side.number].open.get((int) headers.parent());
      if (headers.parent() != 0 && parent != null && parent.lastArrived > order) {
        world.hit(Hit.OVERTAKEN);
      }
    }

    private void dataArrived(byte[] bytes) {
      world.note("data", side.number, id, bytes.length);
      MuxStream.Handler reader = handler;
      if (dead || reader == null) {
        return;
      }
      ByteBuffer in = ByteBuffer.wrap(bytes);
      while (in.hasRemaining() && !dead) {
        int piece = Math.min(in.remaining(), 1 + world.below(shape.maxPiece()));
        if (in.remaining() > 4096) {
          piece = in.remaining() - 4096;
        }
        ByteBuffer part = in.slice(in.position(), piece);
        reader.received(part);
        in.position(in.position() + piece);
      }
    }

    private void granted(int bytes) {
      window += bytes;
      if (window > shape.window()) {
        world.violate("stream " + id + " got more credit than it used");
      }
      if (blocked) {
        blocked = false;
        wanted = true;
        wantTurn();
      }
    }

    private void endArrived() {
      MuxStream.Handler reader = handler;
      if (dead || reader == null) {
        return;
      }
      peerEnded = true;
      peer.endArrived = true;
      reader.peerEnded();
      settle();
      peer.settle();
    }

    private void resetArrived(int code) {
      MuxStream.Handler reader = handler;
      if (reader == null) {
        return;
      }
      if (!dead) {
        dead = true;
        dropLane();
        reader.reset(code);
      }
      leave();
      // The other side, if it is the opener, learns on the way back that its place is free.
      if (counted) {
        send(sent++, peer::leave);
      }
    }

    /** Over when both directions ended; for the opener, when the acceptor is over. */
    private void settle() {
      if (dead || !peerEnded || !endArrived) {
        return;
      }
      if (counted) {
        leave();
        send(sent++, peer::leave);
      }
    }

    private void leave() {
      if (overTold || isGone()) {
        return;
      }
      overTold = true;
      dead = true;
      side.open.remove(id);
      if (counted) {
        side.peerStreams--;
      }
      MuxStream.Handler told = handler;
      if (told != null) {
        told.over();
      }
    }
  }
}
