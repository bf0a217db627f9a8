package io.libchan.transport.inmem;

import io.libchan.spi.ByteConnection.Handler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Moves bytes from one end to the other, on a thread that it has only while there are some: a
 * serial task that never runs twice at a time, and runs again if it was woken meanwhile.
 *
 * <p>Thread-safe.
 */
final class Mover implements Runnable {
  private static final int SMALL_BYTES = 4 * 1024;
  private static final int LARGE_BYTES = 64 * 1024;

  private static final int IDLE = 0;
  private static final int RUNNING = 1;
  private static final int WOKEN = 2;

  private final Pair pair;
  private final End source;
  private final End sink;
  private final AtomicInteger state = new AtomicInteger(IDLE);

  // Only for the one thread that runs.
  private ByteBuffer buffer = ByteBuffer.allocate(SMALL_BYTES);
  private boolean stopped;

  Mover(Pair pair, End source, End sink) {
    this.pair = pair;
    this.source = source;
    this.sink = sink;
  }

  void wake() {
    if (state.get() != WOKEN && state.getAndSet(WOKEN) == IDLE) {
      source.execute(this);
    }
  }

  @Override
  public void run() {
    do {
      state.set(RUNNING); // before the look at what there is, so that no call of wake is lost
      if (!stopped) {
        moveOrFail();
      }
    } while (!state.compareAndSet(RUNNING, IDLE));
  }

  private void moveOrFail() {
    try {
      move();
    } catch (RuntimeException | Error e) {
      pair.fail(new IOException("a handler failed: " + e, e));
      stop();
    }
  }

  private void move() {
    boolean more = true;
    while (more) {
      if (pair.stopsAtOnce(source)) {
        stop();
        return;
      }
      boolean closing = source.isClosing(); // read before the last look at what there is
      Handler from = source.handler();
      Handler to = sink.handler();
      if (closing && from == null) {
        more = false;
      } else if (from == null || to == null) {
        return; // the start wakes us
      } else {
        more = moveOnce(from, to);
      }
      if (closing && !more) {
        pair.drained();
        stop();
        return;
      }
    }
  }

  private boolean moveOnce(Handler from, Handler to) {
    buffer.clear();
    boolean more = from.fill(buffer);
    buffer.flip();
    boolean moved = buffer.hasRemaining();
    if (moved) {
      to.received(buffer);
    }
    if (more && buffer.capacity() < LARGE_BYTES) {
      buffer = ByteBuffer.allocate(LARGE_BYTES);
      return true;
    }
    return more && moved;
  }

  private void stop() {
    if (stopped) {
      return;
    }
    stopped = true;
    buffer = ByteBuffer.allocate(0);
    pair.stopped();
  }
}
