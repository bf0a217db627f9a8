package io.libchan.testkit;

import io.libchan.PeerInfo;
import io.libchan.spi.ByteConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Two connected byte connections inside this process, driven by an executor. What one end writes
 * the other gets at once; nothing is bounded, as the engine bounds it.
 *
 * <p>Thread-safe.
 */
public final class PipePair {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final Executor executor;
  private final End left = new End("left");
  private final End right = new End("right");

  /** A pair whose calls are made by this executor, which may run each on any thread. */
  public PipePair(Executor executor) {
    this.executor = executor;
  }

  /** One end. */
  public ByteConnection left() {
    return left;
  }

  /** The other end. */
  public ByteConnection right() {
    return right;
  }

  /** Runs tasks one after the other on the executor. */
  private final class Serial {
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean running;

    void run(Runnable task) {
      lock.lock();
      try {
        tasks.add(task);
        if (running) {
          return;
        }
        running = true;
      } finally {
        lock.unlock();
      }
      executor.execute(this::drain);
    }

    private void drain() {
      for (Runnable task = next(); task != null; task = next()) {
        task.run();
      }
    }

    private @Nullable Runnable next() {
      lock.lock();
      try {
        Runnable task = tasks.poll();
        running = task != null;
        return task;
      } finally {
        lock.unlock();
      }
    }
  }

  private final class End implements ByteConnection {
    private final String name;
    private final Serial events = new Serial();
    private final Serial writing = new Serial();
    private volatile @Nullable Handler handler;
    private volatile boolean closing;
    private volatile boolean over;
    private boolean told; // only in events

    End(String name) {
      this.name = name;
    }

    private End other() {
      return this == left ? right : left;
    }

    @Override
    public PeerInfo peer() {
      return PeerInfo.of("pipe", other().name);
    }

    @Override
    public void start(Handler started) {
      handler = started;
      wantWrite();
      other().wantWrite();
    }

    @Override
    public void wantWrite() {
      writing.run(this::write);
    }

    @Override
    public void close() {
      closing = true;
      wantWrite();
    }

    @Override
    public void abort() {
      finish(new IOException("aborted"));
    }

    private void write() {
      Handler from = handler;
      if (over || from == null || other().handler == null) {
        return;
      }
      boolean last = closing; // read before the last look at what there is
      boolean more = true;
      while (more && !over) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        more = from.fill(buffer);
        buffer.flip();
        if (buffer.hasRemaining()) {
          other().events.run(() -> other().deliver(buffer));
        }
      }
      if (last) {
        finish(null);
      }
    }

    private void deliver(ByteBuffer bytes) {
      Handler to = handler;
      if (!told && to != null) {
        to.received(bytes);
      }
    }

    private void finish(@Nullable IOException cause) {
      over = true;
      other().over = true;
      events.run(() -> tell(cause));
      other().events.run(() -> other().tell(cause));
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
