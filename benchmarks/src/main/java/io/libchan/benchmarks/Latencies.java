package io.libchan.benchmarks;

import java.time.Duration;
import java.util.Arrays;

/** How long each of many exchanges took. Not thread-safe. */
final class Latencies {
  private static final int MAX = 1 << 20;

  private final long[] nanos = new long[MAX];
  private final long deadline;
  private int count;

  /** Takes as many as come within the time from now on, but one at least. */
  Latencies(Duration time) {
    this.deadline = System.nanoTime() + time.toNanos();
  }

  boolean takeMore() {
    return count == 0 || (count < MAX && System.nanoTime() < deadline);
  }

  void add(long elapsedNanos) {
    nanos[count++] = elapsedNanos;
  }

  int count() {
    return count;
  }

  /** In microseconds; sorts, so nothing is to be added any more. */
  double[] quantiles(double... quantiles) {
    Arrays.sort(nanos, 0, count);
    return Arrays.stream(quantiles).map(q -> nanos[(int) (q * (count - 1))] / 1e3).toArray();
  }
}
