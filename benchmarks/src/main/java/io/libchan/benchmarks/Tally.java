package io.libchan.benchmarks;

import org.jspecify.annotations.Nullable;

/** Counts what arrives on one stream and checks its order. Not thread-safe. */
final class Tally {
  private final int period;
  private long count;
  private long misplaced;
  private @Nullable Object last; // kept so that no compiler may leave out the decoding

  Tally() {
    this(Samples.COUNT);
  }

  /** Of messages whose numbers begin anew after so many. */
  Tally(int period) {
    this.period = period;
  }

  void add(long id, Object message) {
    if (id != count % period) {
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
