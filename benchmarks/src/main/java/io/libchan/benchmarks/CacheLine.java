package io.libchan.benchmarks;

import java.util.Arrays;

/**
 * How long one cache line takes from one processor to the other. A virtual machine's processors may
 * be moved nearer to each other or apart while it runs, and whatever passes from thread to thread
 * takes as many times longer: figures of times that differ in it can't be compared.
 */
final class CacheLine {
  private static final int TRIPS = 20_000;
  private static final int SLICES = 5;

  @SuppressWarnings("unused")
  private long p1, p2, p3, p4, p5, p6, p7; // nothing else in the line

  private volatile int turn;

  @SuppressWarnings("unused")
  private long q1, q2, q3, q4, q5, q6, q7;

  private CacheLine() {}

  /** Nanoseconds one way, the median of a few tries; 0 where there is one processor only. */
  static long nanos() throws InterruptedException {
    if (Runtime.getRuntime().availableProcessors() < 2) {
      return 0;
    }
    long[] slices = new long[SLICES];
    for (int i = 0; i < 2 * SLICES; i++) { // half of them are for the compiler
      slices[i % SLICES] = new CacheLine().pingPong();
    }
    Arrays.sort(slices);
    return slices[SLICES / 2];
  }

  private long pingPong() throws InterruptedException {
    Thread other = new Thread(() -> pass(1), "cache-line");
    other.start();
    passOnce(0); // the other runs when this is back
    await(2);
    long start = System.nanoTime();
    pass(2);
    await(TRIPS + 2);
    long nanos = System.nanoTime() - start;
    other.join();
    return nanos / TRIPS;
  }

  private void pass(int first) {
    for (int i = first; i < TRIPS + 2; i += 2) {
      await(i);
      passOnce(i);
    }
  }

  private void passOnce(int at) {
    turn = at + 1;
  }

  private void await(int at) {
    while (turn < at) {
      Thread.onSpinWait();
    }
  }
}
