package io.libchan.spi;

import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** One thread that waits for a signal. Made by the thread that waits. Thread-safe. */
final class Blocking implements Waiter {
  /** A deadline that never comes. */
  static final long NEVER = Long.MAX_VALUE;

  private final Thread thread = Thread.currentThread();
  private volatile boolean signalled;

  @Override
  public void signal() {
    signalled = true;
    LockSupport.unpark(thread);
  }

  /** Makes ready for one more signal; before it is asked for. By the thread that waits. */
  void again() {
    signalled = false;
  }

  /** The deadline for a time-out from now, safe against overflow; {@link #NEVER} when far off. */
  static long deadline(java.time.Duration timeout) {
    // Past 100 years a nanosecond clock overflows.
    if (timeout.toSeconds() > 3_000_000_000L) {
      return NEVER;
    }
    return Math.max(0, timeout.toNanos()) + System.nanoTime();
  }

  /**
   * Waits for the signal.
   *
   * @param deadline by {@link System#nanoTime}, or {@link #NEVER}
   */
  void await(long deadline) throws InterruptedException, TimeoutException {
    while (!signalled) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (deadline == NEVER) {
        LockSupport.park(this);
      } else {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new TimeoutException();
        }
        LockSupport.parkNanos(this, left);
      }
    }
  }
}
