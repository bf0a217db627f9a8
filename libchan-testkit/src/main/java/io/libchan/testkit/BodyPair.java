package io.libchan.testkit;

import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.spi.BodyConnection;
import io.libchan.spi.ByteConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Two connected body connections inside this process, driven by an executor: what a transport over
 * HTTP/2 is to the engine, without HTTP/2. Bodies know nothing of each other, so they overtake each
 * other as the executor's threads run; they can be cut one by one.
 *
 * <p>Thread-safe.
 */
public final class BodyPair {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final Executor executor;
  private final Duration closeTimeout;
  private final Side connecting = new Side("connecting");
  private final Side listening = new Side("listening");
  private final List<Pipe> pipes = new CopyOnWriteArrayList<>();
  private final int capacity;
  private volatile boolean refusing;

  /**
   * A pair whose calls are made by this executor, which may run each on any thread.
   *
   * @param capacity how many bodies the connecting side is told that it may open
   * @param closeTimeout how long a body that one side closes may take to end
   */
  public BodyPair(Executor executor, int capacity, Duration closeTimeout) {
    this.executor = executor;
    this.capacity = capacity;
    this.closeTimeout = closeTimeout;
  }

  /** The end that opens bodies. */
  public BodyConnection connecting() {
    return connecting;
  }

  /** The end at which they arrive. */
  public BodyConnection listening() {
    return listening;
  }

  /** Cuts all bodies that are open, as a lost connection does. */
  public void cut() {
    pipes.forEach(pipe -> pipe.finish(new IOException("cut")));
  }

  /** Cuts one of the open bodies; the oldest is number 0. */
  public void cut(int number) {
    pipes.get(number).finish(new IOException("cut"));
  }

  /** Whether bodies that are opened from now on end at once, as where nobody can be reached. */
  public void refuse(boolean refuses) {
    refusing = refuses;
  }

  /** How many bodies are open. */
  public int open() {
    return pipes.size();
  }

  private final class Side implements BodyConnection {
    private final String name;
    private volatile BodyConnection.@Nullable Handler handler;

    Side(String name) {
      this.name = name;
    }

    @Override
    public PeerInfo peer() {
      return PeerInfo.of("bodies", this == connecting ? listening.name : connecting.name);
    }

    @Override
    public void start(BodyConnection.Handler started) {
      handler = started;
      if (this == connecting) {
        executor.execute(() -> started.capacity(capacity));
      }
      pipes.forEach(Pipe::arrive);
    }

    @Override
    public ByteConnection open() {
      Pipe pipe = new Pipe();
      pipes.add(pipe);
      if (refusing) {
        pipe.finish(new IOException("refused"));
      } else {
        executor.execute(pipe::arrive);
      }
      return pipe.left;
    }

    @Override
    public void close(Reason reason) {}
  }

  /** One body. */
  private final class Pipe {
    private final End left = new End(this, connecting);
    private final End right = new End(this, listening);
    private final CompletableFuture<Boolean> over = new CompletableFuture<>();
    private final SerialExecutor arrival = new SerialExecutor(executor);
    private boolean arrived; // only in arrival

    void arrive() {
      arrival.execute(
          () -> {
            BodyConnection.Handler there = listening.handler;
            if (there != null && !arrived) {
              arrived = true;
              there.opened(right);
            }
          });
    }

    /** Both ends learn that it is over, after what has been written in order. */
    void finish(@Nullable IOException cause) {
      if (over.complete(true)) {
        pipes.remove(this);
        left.events.execute(() -> left.tell(cause));
        right.events.execute(() -> right.tell(cause));
      }
    }

    boolean isOver() {
      return over.isDone();
    }

    void endSoon() {
      over.copy()
          .orTimeout(closeTimeout.toNanos(), TimeUnit.NANOSECONDS)
          .exceptionally(
              late -> {
                finish(new IOException("the peer does not end the body"));
                return false;
              });
    }
  }

  private final class End implements ByteConnection {
    private final Pipe pipe;
    private final Side side;
    private final SerialExecutor events = new SerialExecutor(executor);
    private final SerialExecutor writing = new SerialExecutor(executor);
    private volatile @Nullable Handler handler;
    private volatile boolean closing;
    private boolean ended; // only in writing
    private boolean told; // only in events

    End(Pipe pipe, Side side) {
      this.pipe = pipe;
      this.side = side;
    }

    private End other() {
      return this == pipe.left ? pipe.right : pipe.left;
    }

    @Override
    public PeerInfo peer() {
      return side.peer();
    }

    @Override
    public void start(Handler started) {
      handler = started;
      wantWrite();
      other().wantWrite();
      if (pipe.isOver()) {
        events.execute(() -> tell(new IOException("lost")));
      }
    }

    @Override
    public void wantWrite() {
      writing.execute(this::write);
    }

    @Override
    public void close() {
      if (side == connecting) {
        closing = true;
        wantWrite();
      }
      pipe.endSoon();
    }

    @Override
    public void abort() {
      pipe.finish(new IOException("aborted"));
    }

    private void write() {
      Handler from = handler;
      if (ended || pipe.isOver() || from == null || other().handler == null) {
        return;
      }
      boolean last = closing; // read before the last look at what there is
      boolean more = true;
      while (more && !pipe.isOver()) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        more = from.fill(buffer);
        buffer.flip();
        if (buffer.hasRemaining()) {
          other().events.execute(() -> other().deliver(buffer));
        }
      }
      if (last && !ended) {
        ended = true;
        other().events.execute(this::arrivedEnd);
      }
    }

    /** What this end wrote has arrived, and its end; the listening one's is the last of all. */
    private void arrivedEnd() {
      if (this == pipe.left) {
        other().closing = true;
        other().wantWrite();
      } else {
        pipe.finish(null);
      }
    }

    private void deliver(ByteBuffer bytes) {
      Handler to = handler;
      if (!told && to != null) {
        to.received(bytes);
      }
    }

    private void tell(@Nullable IOException cause) {
      Handler to = handler;
      if (!told && to != null) {
        told = true;
        to.closed(cause);
      }
    }
  }
}
