package io.libchan.spi;

import java.util.concurrent.atomic.AtomicInteger;

/** Who may use an end that an application holds. Thread-safe. */
final class Ownership {
  private static final int OPEN = 0;
  private static final int MOVING = 1;
  private static final int MOVED = 2;
  private static final int CLOSED = 3;

  private final AtomicInteger state = new AtomicInteger(OPEN);

  /** Refuses use by anybody but the owner of an open end. */
  void check() {
    int now = state.get();
    if (now != OPEN) {
      throw new IllegalStateException(
          now == CLOSED ? "this end is closed" : "this end was sent away");
    }
  }

  /** Whether the application owns it, open or closed. */
  boolean isHere() {
    int now = state.get();
    return now == OPEN || now == CLOSED;
  }

  boolean isClosed() {
    return state.get() == CLOSED;
  }

  /** Closes it; whether this call did. */
  boolean close() {
    return state.compareAndSet(OPEN, CLOSED);
  }

  /** Takes it from the application, for now. */
  void move() {
    if (!state.compareAndSet(OPEN, MOVING)) {
      check();
      throw new IllegalStateException("this end is being sent away");
    }
  }

  void undo() {
    state.set(OPEN);
  }

  void commit() {
    state.set(MOVED);
  }
}
