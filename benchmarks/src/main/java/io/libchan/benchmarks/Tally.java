package io.libchan.benchmarks;

import org.jspecify.annotations.Nullable;

/** Counts what arrives on one stream and checks its order. Not thread-safe. */
final class Tally {
  private long count;
  private long misplaced;
  private @Nullable Object last; // kept so that no compiler may leave out the decoding

  void add(long id, Object message) {
    if (id != Samples.idAt(count)) {
      misplaced++;
    }
    count++;
    last = message;
  }

  @Nullable Object last() {
    return last;
  }

  Received received() {
    return new Received(count, misplaced);
  }
}
