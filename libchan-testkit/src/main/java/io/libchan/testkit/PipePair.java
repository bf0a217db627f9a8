package io.libchan.testkit;

import io.libchan.PeerInfo;
import io.libchan.spi.ByteConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
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
  private final End left;
  private final End right;

  /** A pair whose calls are made by this executor, which may run each on any thread. */
  public PipePair(Executor executor) {
    this.executor = executor;
    left = new End("left");
    right = new End("right");
  }

  /** One end. */
  public ByteConnection left() {
    return left;
  }

  /** The other end. */
  public ByteConnection right() {
    return right;
  }

  private final class End implements ByteConnection {
    private final String name;
    private final SerialExecutor events = new SerialExecutor(executor);
    private final SerialExecutor writing = new SerialExecutor(executor);
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
      writing.execute(this::write);
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
          other().events.execute(() -> other().deliver(buffer));
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
      events.execute(() -> tell(cause));
      other().events.execute(() -> other().tell(cause));
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
