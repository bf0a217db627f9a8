package io.libchan.spi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One side of a {@link Ring}: a position, and who may move it. What it changes lies in cache lines
 * of its own, as two processors write to the two sides all the time.
 */
final class Side extends Gate {
  private static final VarHandle POSITION;

  static {
    try {
      POSITION = MethodHandles.lookup().findVarHandle(Side.class, "position", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private long position;
  long seen; // the position of the other side, or an earlier one of it

  @SuppressWarnings("unused")
  private long p1, p2, p3, p4, p5, p6, p7; // room for what lies behind in memory

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
