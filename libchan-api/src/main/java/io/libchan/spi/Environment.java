package io.libchan.spi;

import java.time.Duration;

/**
 * Time and threads for the engine; replaced by the simulator.
 *
 * <p>Thread-safe.
 */
public interface Environment {
  /** Monotonic time in nanoseconds. */
  long nanoTime();

  /** Runs a task that does not block, once, after a delay. */
  Timer schedule(Duration delay, Runnable task);

  /** Runs a task that may block, soon, on a thread of its own. */
  void execute(Runnable task);

  /** A scheduled task. */
  @FunctionalInterface
  interface Timer {
    /** Forgets the task unless it has begun. Idempotent. */
    void cancel();
  }
}
