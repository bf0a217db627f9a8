package io.libchan.benchmarks;

import java.time.Duration;

/** Wall clock since its creation. Not thread-safe. */
final class Stopwatch {
  private final long start = System.nanoTime();

  long nanos() {
    return System.nanoTime() - start;
  }

  boolean isOver(Duration time) {
    return nanos() >= time.toNanos();
  }
}
