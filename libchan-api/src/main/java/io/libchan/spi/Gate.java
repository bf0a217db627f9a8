package io.libchan.spi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Who may change a part of a {@link Passage}: free, entered by somebody who passes, or held by the
 * owner of the channel's lock.
 */
abstract class Gate extends Padding {
  private static final int FREE = 0;
  private static final int ENTERED = 1;
  private static final int HELD = 2;

  /** What is entered is free again within nanoseconds, unless its thread lost the processor. */
  private static final int TRIES = 64;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Gate.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int state = HELD;

  /** Whether the caller may pass, alone; until it leaves. Not while the gate is held. */
  final boolean enter() {
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
  final void leave() {
    state = FREE;
  }

  /** Lets nobody pass; by the lock's owner, also if it is held. */
  @SuppressWarnings("ThreadPriorityCheck") // yields to who entered, and would not need to
  final void hold() {
    for (int i = 0; !STATE.compareAndSet(this, FREE, HELD); i++) {
      if (state == HELD) {
        return;
      }
      if (i < TRIES) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
  }

  final boolean isHeld() {
    return state == HELD;
  }
}
