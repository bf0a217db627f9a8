package io.libchan.spi;

import java.util.function.LongSupplier;

/**
 * Whether a thread that reads from a connection looks for more for a moment before it waits in the
 * system. What comes in that time, a reply or something to write, needs nobody to wake the thread,
 * which is most of the time of a small message.
 *
 * <p>Only where messages come one by one: where they come in a row, looking for the next at once
 * makes batches smaller, and takes the processor from those who make them.
 *
 * <p>And it pays only where something does come soon. Each time that nothing came in time as many
 * are left out as before and as many again, so that a connection that is slow or idle, or a machine
 * that has other things to do, sees next to none of it. Between two looks the processor is for
 * whoever else wants it.
 *
 * <p>Use: {@link #read} after each read; then, while {@link #isLooking}, look without waiting and
 * say {@link #found} or {@link #foundNothing}.
 *
 * <p>Not thread-safe: for the thread that reads.
 */
public final class BusyPoll {
  private static final long NANOS = 50_000;

  /** What comes sooner after another is one of many. */
  private static final long APART_NANOS = 8_000;

  /** So much or more is no lone message. */
  private static final int SMALL_BYTES = 512;

  private static final int MAX_LEFT_OUT = 255;

  private final boolean pays;
  private final LongSupplier clock;
  private boolean looking;
  private long start; // of looking
  private long last; // when something was read
  private int leftOut; // after the last time, and how many of those are still to come
  private int toCome;

  /** One that never looks where there is a single processor: whoever is to answer needs it. */
  public BusyPoll() {
    this(Runtime.getRuntime().availableProcessors() > 1, System::nanoTime);
  }

  BusyPoll(boolean pays, LongSupplier clock) {
    this.pays = pays;
    this.clock = clock;
    last = clock.getAsLong() - APART_NANOS;
  }

  /**
   * Something was read, and nothing more is there.
   *
   * @param bytes how much
   */
  public void read(int bytes) {
    long now = clock.getAsLong();
    boolean lone = bytes < SMALL_BYTES && now - last >= APART_NANOS;
    last = now;
    if (!lone || !pays) {
      return;
    }
    if (toCome > 0) {
      toCome--;
    } else {
      looking = true;
      start = now;
    }
  }

  /** Whether to look, now. */
  public boolean isLooking() {
    return looking;
  }

  /** There is something. */
  public void found() {
    looking = false;
    leftOut = 0;
  }

  /** There was nothing yet. Leaves the processor to others for now. */
  @SuppressWarnings("ThreadPriorityCheck") // how it yields matters to nobody's correctness
  public void foundNothing() {
    if (clock.getAsLong() - start <= NANOS) {
      Thread.yield();
      return;
    }
    looking = false;
    leftOut = Math.min(MAX_LEFT_OUT, 2 * leftOut + 1);
    toCome = leftOut;
  }
}
