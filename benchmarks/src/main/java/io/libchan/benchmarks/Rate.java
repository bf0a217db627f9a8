package io.libchan.benchmarks;

/** So many operations in so long a time. */
record Rate(long count, long nanos) {
  double perSecond() {
    return count * 1e9 / nanos;
  }
}
