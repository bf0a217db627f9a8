package io.libchan.transport.websocket.server.jetty;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps the promise that {@code closed} comes once, last, and after the start, whichever of Jetty's
 * threads finds the end first: it is told by whoever is the last to leave. Thread-safe, never
 * blocks.
 */
final class Turns {
  private static final int STARTED = 1;
  private static final int RECEIVING = 2;
  private static final int FILLING = 4;
  private static final int ENDED = 8;
  private static final int TOLD = 16;

  private final AtomicInteger state = new AtomicInteger();
  private final Runnable tell;

  Turns(Runnable tell) {
    this.tell = tell;
  }

  void start() {
    change(STARTED, 0);
  }

  /** Whether something may be received now; then {@link #endReceiving} must follow. */
  boolean beginReceiving() {
    return begin(RECEIVING);
  }

  void endReceiving() {
    change(0, RECEIVING);
  }

  /** Whether something may be filled now; then {@link #endFilling} must follow. */
  boolean beginFilling() {
    return begin(FILLING);
  }

  void endFilling() {
    change(0, FILLING);
  }

  /** Nothing begins any more. Idempotent. */
  void end() {
    change(ENDED, 0);
  }

  boolean ended() {
    return (state.get() & ENDED) != 0;
  }

  private boolean begin(int flag) {
    while (true) {
      int now = state.get();
      if ((now & (ENDED | flag)) != 0) {
        return false;
      }
      if (state.compareAndSet(now, now | flag)) {
        return true;
      }
    }
  }

  private void change(int add, int remove) {
    while (true) {
      int now = state.get();
      int next = (now | add) & ~remove;
      boolean last = (next & (STARTED | RECEIVING | FILLING | ENDED | TOLD)) == (STARTED | ENDED);
      if (state.compareAndSet(now, last ? next | TOLD : next)) {
        if (last) {
          tell.run();
        }
        return;
      }
    }
  }
}
