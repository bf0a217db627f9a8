package io.libchan.spi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Who may use an end that an application holds. Thread-safe. */
final class Ownership {
  private static final int OPEN = 0;
  private static final int MOVING = 1;
  private static final int MOVED = 2;
  private static final int CLOSED = 3;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Ownership.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Of all ends that were sent away for good: it does not change any more. */
  static final Ownership SENT_AWAY = sentAway();

  private volatile int state; // there are many ends, so no object for it

  private static Ownership sentAway() {
    Ownership away = new Ownership();
    away.commit();
    return away;
  }

  /** Refuses use by anybody but the owner of an open end. */
  void check() {
    int now = state;
    if (now != OPEN) {
      throw new IllegalStateException(
          now == CLOSED ? "this end is closed" : "this end was sent away");
    }
  }

  /** Whether the application owns it, open or closed. */
  boolean isHere() {
    int now = state;
    return now == OPEN || now == CLOSED;
  }

  boolean isClosed() {
    return state == CLOSED;
  }

  /** Closes it; whether this call did. */
  boolean close() {
    return STATE.compareAndSet(this, OPEN, CLOSED);
  }

  /** Takes it from the application, for now. */
  void move() {
    if (!STATE.compareAndSet(this, OPEN, MOVING)) {
      check();
      throw new IllegalStateException("this end is being sent away");
    }
  }

  void undo() {
    state = OPEN;
  }

  void commit() {
    state = MOVED;
  }
}
