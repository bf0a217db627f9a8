package io.libchan.testkit;

import java.util.Random;

/**
 * Random numbers that can be had again: the seed is printed, and {@code -Dlibchan.seed=N} sets it.
 *
 * <p>Thread-safe.
 */
public final class Seeds {
  private Seeds() {}

  /** A generator for a test, whose seed goes to the standard output. */
  public static Random random(String test) {
    long seed = Long.getLong("libchan.seed", System.nanoTime());
    System.out.println(test + ": -Dlibchan.seed=" + seed);
    return new Random(seed);
  }
}
