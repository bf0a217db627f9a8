package io.libchan.benchmarks;

import java.util.Arrays;
import java.util.Objects;

/**
 * What the peers carry: a small record of the kind that services exchange. Thread-safe if nobody
 * writes to payload.
 */
record Sample(long id, String name, double weight, int level, byte[] payload) {
  @Override
  public boolean equals(Object other) {
    return other instanceof Sample that
        && id == that.id
        && name.equals(that.name)
        && Double.compare(weight, that.weight) == 0
        && level == that.level
        && Arrays.equals(payload, that.payload);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, name, weight, level, Arrays.hashCode(payload));
  }
}
