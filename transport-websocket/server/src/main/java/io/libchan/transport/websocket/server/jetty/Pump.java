package io.libchan.transport.websocket.server.jetty;

import io.libchan.spi.ByteConnection.Handler;
import io.libchan.transport.websocket.internal.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;

/**
 * Pulls bytes from the engine, one message at a time: the next is asked for when Jetty has written
 * the last one, so nothing is ever queued there.
 *
 * <p>Whoever finds it idle becomes its runner, and it stays one run, over as many threads as Jetty
 * calls back on, until there is nothing to write. A wake-up meanwhile is remembered.
 *
 * <p>{@link #wake} is thread-safe.
 */
final class Pump implements Callback {
  private static final int SMALL_BYTES = 8 * 1024;

  private static final int IDLE = 0;
  private static final int RUNNING = 1;
  private static final int WOKEN = 2;

  private static final int UNDER_WAY = 0;
  private static final int HERE_FIRST = 1;
  private static final int WRITTEN = 2;

  private final ServerConnection connection;
  private final AtomicInteger state = new AtomicInteger();
  private final Runnable run = this::run;

  /** Whether {@code sendBinary} or its callback comes first, so that writing does not recurse. */
  private final AtomicInteger write = new AtomicInteger();

  // Of the runner.
  private @Nullable ByteBuffer buffer;
  private boolean more;
  private boolean closed;

  Pump(ServerConnection connection) {
    this.connection = connection;
  }

  /** There may be something to write, or to close. */
  void wake() {
    while (true) {
      int now = state.get();
      if (now == WOKEN) {
        return;
      }
      if (state.compareAndSet(now, now + 1)) {
        if (now == IDLE) {
          execute();
        }
        return;
      }
    }
  }

  private void execute() {
    try {
      connection.execute(run);
    } catch (RejectedExecutionException e) {
      connection.cut(new IOException("the executor rejects work", e));
    }
  }

  private void run() {
    do {
      if (!step()) {
        return; // the callback goes on
      }
    } while (goesOn());
  }

  private boolean goesOn() {
    return more || isToClose() || !state.compareAndSet(RUNNING, IDLE);
  }

  private boolean isToClose() {
    return connection.isClosing() && !closed && connection.handler() != null;
  }

  /** Asks for bytes and writes them; false if the callback of the write will go on. */
  private boolean step() {
    state.set(RUNNING);
    Handler from = connection.handler();
    Session to = connection.session();
    if (from == null || to == null) {
      more = false;
      return true;
    }
    ByteBuffer filled = closed || connection.isFailing() ? null : fill(from);
    if (filled == null) {
      more = false;
      closed = true;
      return true;
    }
    if (filled.hasRemaining()) {
      write.set(UNDER_WAY);
      to.sendBinary(filled, this);
      return !write.compareAndSet(UNDER_WAY, HERE_FIRST);
    }
    buffer = null; // an idle connection has none
    if (!more && connection.isClosing()) {
      closed = true;
      connection.sendClose(Wire.NORMAL, "");
    }
    return true;
  }

  private @Nullable ByteBuffer fill(Handler from) {
    if (!connection.turns().beginFilling()) {
      return null;
    }
    try {
      ByteBuffer target = buffer;
      if (target == null || (more && target.capacity() < Wire.WRITTEN_MESSAGE_BYTES)) {
        target = ByteBuffer.allocate(more ? Wire.WRITTEN_MESSAGE_BYTES : SMALL_BYTES);
        buffer = target;
      }
      target.clear();
      more = from.fill(target);
      return target.flip();
    } catch (RuntimeException | Error e) {
      connection.cut(new IOException("the handler failed: " + e, e));
      return null;
    } finally {
      connection.turns().endFilling();
    }
  }

  @Override
  public void succeed() {
    if (!write.compareAndSet(UNDER_WAY, WRITTEN)) {
      goOn();
    }
  }

  /** The connection is broken or closing, and its end is told by Jetty on another way. */
  @Override
  public void fail(Throwable failure) {
    closed = true;
    more = false;
    succeed();
  }

  /** The write has ended after the runner had left. A step that found nothing looks once more. */
  private void goOn() {
    if (goesOn()) {
      run();
    }
  }
}
