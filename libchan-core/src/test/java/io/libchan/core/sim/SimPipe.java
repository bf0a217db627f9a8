package io.libchan.core.sim;

import io.libchan.PeerInfo;
import io.libchan.spi.ByteConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A pair of byte connections. Or a body: then it is the connecting side that ends it, and the
 * listening one follows.
 */
final class SimPipe implements Wire {
  private static final long LINGER = 5 * World.SECOND;
  private static final int MAX_EMPTY_TURNS = 10_000;

  private final World world;
  private final End[] ends = {new End(0), new End(1)};
  private final byte[] scratch = new byte[64 * 1024];
  private final boolean isBody;
  private Shape shape;
  private boolean cut;

  // The number of bytes after which the connection is cut, and how; far away if never.
  private long cutAfter = Long.MAX_VALUE;
  private @Nullable Cut cutHow;
  private long written;

  SimPipe(World world, Shape shape) {
    this(world, shape, false);
  }

  SimPipe(World world, Shape shape, boolean isBody) {
    this.world = world;
    this.shape = shape;
    this.isBody = isBody;
  }

  /** Cuts the connection as soon as so many bytes were written, both directions together. */
  void cutAfter(long bytes, Cut how) {
    cutAfter = bytes;
    cutHow = how;
  }

  @Override
  public ByteConnection end(int side) {
    return ends[side];
  }

  @Override
  public void stall(int from) {
    ends[from].stalled = true;
  }

  @Override
  public void resume() {
    cutAfter = Long.MAX_VALUE;
    for (End end : ends) {
      end.stalled = false;
      end.wake();
      end.deliverLater();
    }
  }

  @Override
  public void hurry() {
    shape = shape.fast();
  }

  @Override
  public boolean isOver() {
    return cut || ends[0].over || ends[1].over;
  }

  @Override
  public void cut(Cut how) {
    if (cut) {
      return;
    }
    cut = true;
    world.hit(how.reset() ? Hit.CUT_BY_RESET : Hit.CUT_IN_ORDER);
    world.note("cut", how.reset() ? 1 : 0, how.dropping(), written);
    for (End end : ends) {
      end.writable = false;
      if (how.drops(end.side)) {
        end.inFlight.clear();
        end.inFlightBytes = 0;
      }
      end.finish(how.reset() ? new IOException("connection reset") : null);
    }
  }

  private long delay() {
    return world.between(shape.minDelay(), shape.maxDelay());
  }

  /**
   * Bytes under way.
   *
   * @param due when they arrive
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Chunk(byte[] bytes, long due) {}

  /** One end, and the bytes on their way from it. */
  private final class End implements ByteConnection {
    private final int side;
    private final ArrayDeque<Chunk> inFlight = new ArrayDeque<>();
    private long lastDue;
    private int inFlightBytes;
    private @Nullable Handler handler;
    private boolean turnPlanned;
    private boolean deliveryPlanned;
    private boolean writable = true;
    private boolean stalled;
    private boolean asked; // to close
    private boolean closing;
    private boolean finished; // after what is in flight the peer sees the end
    private @Nullable IOException finishedBy;
    private boolean over;
    private int emptyTurns;

    End(int side) {
      this.side = side;
    }

    private End other() {
      return ends[1 - side];
    }

    @Override
    public PeerInfo peer() {
      return PeerInfo.of("sim", "end" + (1 - side));
    }

    @Override
    public void start(Handler newHandler) {
      handler = newHandler;
      wake();
      other().deliverLater();
    }

    @Override
    public void wantWrite() {
      wake();
    }

    // ---- writing ----

    private void wake() {
      if (!turnPlanned && writable && !over && !stalled && handler != null) {
        turnPlanned = true;
        world.after(world.between(0, 20 * World.MICROSECOND), this::turn);
      }
    }

    private void turn() {
      turnPlanned = false;
      Handler filling = handler;
      if (!writable || over || stalled || filling == null) {
        return;
      }
      if (inFlightBytes >= shape.maxInFlight()) {
        return; // woken when something arrived
      }
      int room = 128 + world.below(shape.maxTarget() - 127);
      ByteBuffer target = ByteBuffer.wrap(scratch, 0, Math.min(room, scratch.length)).slice();
      boolean more = filling.fill(target);
      int count = target.position();
      if (count > 0) {
        emptyTurns = 0;
        carry(count);
      } else if (++emptyTurns > MAX_EMPTY_TURNS) {
        world.violate("fill says there is more, " + MAX_EMPTY_TURNS + " times without a byte");
      }
      if (more) {
        wake();
      } else if (closing && writable) {
        writable = false;
        finish(null);
      }
    }

    private void carry(int count) {
      int kept = (int) Math.min(count, cutAfter - written);
      byte[] bytes = new byte[kept];
      System.arraycopy(scratch, 0, bytes, 0, kept);
      written += kept;
      if (kept > 0) {
        inFlight.add(new Chunk(bytes, due(kept)));
        inFlightBytes += kept;
        deliverLater();
      }
      if (written >= cutAfter && cutHow != null) {
        cut(cutHow);
      }
    }

    /** When bytes that leave now arrive: on their way together, read one after the other. */
    private long due(int count) {
      long reading = (long) count * shape.nanosPerByte();
      lastDue = Math.max(lastDue, world.time() + delay()) + reading;
      return lastDue;
    }

    private void finish(@Nullable IOException cause) {
      if (!finished) {
        finished = true;
        finishedBy = cause;
        deliverLater();
      }
    }

    // ---- arriving at the other end ----

    private void deliverLater() {
      if (deliveryPlanned || stalled || (inFlight.isEmpty() && !finished)) {
        return;
      }
      deliveryPlanned = true;
      Chunk next = inFlight.peek();
      world.after((next == null ? due(0) : next.due()) - world.time(), this::deliver);
    }

    private void deliver() {
      deliveryPlanned = false;
      Handler reader = other().handler;
      if (stalled || other().over || reader == null) {
        return;
      }
      Chunk chunk = inFlight.poll();
      if (chunk == null) {
        arriveEnd();
        return;
      }
      byte[] bytes = chunk.bytes();
      inFlightBytes -= bytes.length;
      world.note("bytes", side, bytes.length, 0);
      deliver(bytes, reader);
      wake();
      deliverLater();
    }

    private void deliver(byte[] bytes, Handler reader) {
      for (int at = 0; at < bytes.length && !other().over; ) {
        int most = Math.min(bytes.length - at, shape.maxPiece());
        // Many small pieces in one large chunk would only take time.
        int piece = bytes.length - at > 4096 ? bytes.length - at - 4096 : 1 + world.below(most);
        if (piece == 1) {
          world.hit(Hit.TRICKLE);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, at, piece).slice();
        reader.received(in);
        if (in.hasRemaining()) {
          world.violate("received left " + in.remaining() + " bytes");
        }
        at += piece;
      }
    }

    private void arriveEnd() {
      if (!finished) {
        return;
      }
      End there = other();
      IOException cause = finishedBy;
      if (cut || cause != null) {
        there.over(cause);
      } else if (isBody && side == 0) {
        there.closing = true;
        there.wake();
      } else {
        // The peer ended in order: what this one still has on its way is not waited for.
        there.over(null);
        over(null);
      }
    }

    private void over(@Nullable IOException cause) {
      Handler told = handler;
      if (over || told == null) {
        over = true;
        return;
      }
      over = true;
      writable = false;
      world.note("closed", side, cause == null ? 0 : 1, 0);
      told.closed(cause);
    }

    // ---- closing ----

    @Override
    public void close() {
      if (!asked && !over) {
        asked = true;
        closing |= !isBody || side == 0;
        wake();
        world.after(LINGER, this::closeLate);
      }
    }

    private void closeLate() {
      if (!over) {
        abort();
      }
    }

    @Override
    public void abort() {
      if (over) {
        return;
      }
      writable = false;
      if (world.chance(50)) {
        inFlight.clear();
        inFlightBytes = 0;
      }
      finish(new IOException("reset by the peer"));
      world.after(0, () -> over(new IOException("aborted here")));
    }
  }
}
