package io.libchan.spi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One side of a {@link Ring}: a position, and who may move it. What it changes lies in cache lines
 * of its own, as two processors write to the two sides all the time.
 *
 * <p>Free, entered by somebody who passes, or held by the owner of the channel's lock.
 */
final class Side extends Spin {
  private static final long FREE = 0;
  private static final long ENTERED = 1;
  private static final long HELD = 2;

  /** An entered side is free again within nanoseconds, unless its thread lost the processor. */
  private static final int TRIES = 64;

  private static final VarHandle STATE;
  private static final VarHandle POSITION;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(Side.class, "state", long.class);
      POSITION = lookup.findVarHandle(Side.class, "position", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile long state = HELD;
  private long position;
  long seen; // the position of the other side, or an earlier one of it

  @SuppressWarnings("unused")
  private long p1, p2, p3, p4, p5, p6, p7; // room for what lies behind in memory

  /** Whether the caller may pass, alone; until it leaves. Not while the side is held. */
  boolean enter() {
    for (int i = 0; !STATE.compareAndSet(this, FREE, ENTERED); i++) {
      if (state == HELD || i == TRIES) {
        return false;
      }
      Thread.onSpinWait();
    }
    return true;
  }

  /**
   * Lets the next one enter: whoever passed, or the lock's owner. A full fence, as with a lock: who
   * looks for something else afterwards can rely on it that the others see what was done here.
   */
  void leave() {
    state = FREE;
  }

  /** Lets nobody pass; by the lock's owner, also if it is held. */
  void hold() {
    for (int i = 0; !STATE.compareAndSet(this, FREE, HELD); i++) {
      if (state == HELD) {
        return;
      }
      if (i < TRIES) {
        Thread.onSpinWait();
      } else {
        Thread.yield(); // to who entered
      }
    }
  }

  /** How many messages were put in, or taken out, here. */
  long position() {
    return (long) POSITION.getAcquire(this);
  }

  /** As {@link #position}, by who has entered or holds the side. */
  long own() {
    return position;
  }

  void advance() {
    POSITION.setRelease(this, own() + 1);
  }
}
