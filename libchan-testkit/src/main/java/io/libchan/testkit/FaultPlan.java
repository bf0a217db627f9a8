package io.libchan.testkit;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What happens to the bytes of one connection, and what did happen. The default is nothing. Out is
 * the direction away from the side that has the plan, in the direction towards it.
 *
 * <p>Thread-safe; set before the connection starts, except {@link #stallNow} and {@link #cutNow}.
 */
public final class FaultPlan {
  private static final long NEVER = Long.MAX_VALUE;

  private final AtomicLong bytesOut = new AtomicLong();
  private final AtomicLong bytesIn = new AtomicLong();
  private final AtomicLong faults = new AtomicLong();
  private volatile boolean trickle;
  private volatile long cutOutAt = NEVER;
  private volatile long cutInAt = NEVER;
  private volatile long stallOutAt = NEVER;
  private volatile long stallInAt = NEVER;
  private volatile long flipInAt = NEVER;
  private volatile Cut cut = Cut.END;
  private volatile Runnable wake = () -> {};
  private volatile Runnable closer = () -> {};

  /** A plan for nothing. */
  public FaultPlan() {}

  /** How a connection is cut. */
  public enum Cut {
    /** As if the other side had closed in good order. */
    END,
    /** As if the network had broken. */
    ABORT
  }

  /** Every call carries one byte. */
  public FaultPlan trickle() {
    trickle = true;
    return this;
  }

  /** Cuts the connection after so many bytes out. */
  public FaultPlan cutOut(long after, Cut how) {
    cutOutAt = after;
    cut = how;
    return this;
  }

  /** Cuts the connection after so many bytes in. */
  public FaultPlan cutIn(long after, Cut how) {
    cutInAt = after;
    cut = how;
    return this;
  }

  /** Nothing goes out any more after so many bytes; the connection stays. */
  public FaultPlan stallOut(long after) {
    stallOutAt = after;
    return this;
  }

  /** Nothing comes in any more after so many bytes; the connection stays. */
  public FaultPlan stallIn(long after) {
    stallInAt = after;
    return this;
  }

  /** Changes the lowest bit of one byte that comes in. */
  public FaultPlan flipIn(long at) {
    flipInAt = at;
    return this;
  }

  /** From now on nothing goes out and nothing comes in. */
  public void stallNow() {
    stallOutAt = 0;
    stallInAt = 0;
    faults.incrementAndGet();
  }

  /** Cuts the connection now. */
  public void cutNow() {
    faults.incrementAndGet();
    closer.run();
  }

  /** How many bytes went out. */
  public long bytesOut() {
    return bytesOut.get();
  }

  /** How many bytes came in. */
  public long bytesIn() {
    return bytesIn.get();
  }

  /** How many faults happened: cuts, stalls and flips, and calls that were split. */
  public long faults() {
    return faults.get();
  }

  boolean isTrickle() {
    return trickle;
  }

  Cut cut() {
    return cut;
  }

  /** How many of so many bytes may go out; counts them. */
  int allowOut(int wanted) {
    return allow(bytesOut, Math.min(cutOutAt, stallOutAt), wanted);
  }

  /** How many of so many bytes may come in; counts them. */
  int allowIn(int wanted) {
    return allow(bytesIn, Math.min(cutInAt, stallInAt), wanted);
  }

  private static int allow(AtomicLong counter, long border, int wanted) {
    long before = counter.get();
    int allowed = (int) Math.max(0, Math.min(wanted, border - before));
    counter.addAndGet(allowed);
    return allowed;
  }

  boolean isCut() {
    return bytesOut.get() >= cutOutAt || bytesIn.get() >= cutInAt;
  }

  /** Whether the byte at this place is to be changed. */
  boolean flips(long at) {
    return at == flipInAt;
  }

  void count() {
    faults.incrementAndGet();
  }

  void onCut(Runnable action) {
    closer = action;
  }

  void onWake(Runnable action) {
    wake = action;
  }

  /** Ends a stall of what goes out. */
  public void goOn() {
    stallOutAt = NEVER;
    stallInAt = NEVER;
    wake.run();
  }
}
