package io.libchan.benchmarks;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * How long one cache line takes from one processor to the other. A virtual machine's processors may
 * be moved nearer to each other or apart while it runs, and whatever passes from thread to thread
 * takes as many times longer: figures of times that differ in it can't be compared.
 */
final class CacheLine {
  private static final int TRIPS = 20_000;
  private static final int TRIES = 5;
  private static final int LOOKS = 1024; // between two at the clock
  private static final long MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(100); // of a try

  private final Line line = new Line();
  private final long start = System.nanoTime();

  @SuppressWarnings("unused")
  private static class Before {
    private long p1, p2, p3, p4, p5, p6, p7;
  }

  private static class Turn extends Before {
    volatile int turn;
  }

  @SuppressWarnings("unused")
  private static final class Line extends Turn {
    private long p1, p2, p3, p4, p5, p6, p7;
  }

  private CacheLine() {}

  /** Nanoseconds one way; 0 where two threads don't run side by side. */
  static long nanos() throws InterruptedException {
    if (Runtime.getRuntime().availableProcessors() < 2) {
      return 0;
    }
    long[] tries = new long[TRIES];
    for (int i = 0; i < 2 * TRIES; i++) { // half of them are for the compiler
      tries[i % TRIES] = new CacheLine().pingPong();
    }
    Arrays.sort(tries);
    return tries[TRIES / 2];
  }

  private long pingPong() throws InterruptedException {
    Thread other = new Thread(() -> pass(1), "cache-line");
    other.start();
    line.turn = 1;
    boolean begun = await(2); // the other runs
    long begin = System.nanoTime();
    boolean done = begun && pass(2);
    long nanos = System.nanoTime() - begin;
    other.join();
    return done ? nanos / TRIPS : 0;
  }

  private boolean pass(int first) {
    for (int i = first; i < TRIPS + 2; i += 2) {
      if (!await(i)) {
        return false;
      }
      line.turn = i + 1;
    }
    return await(TRIPS + 2);
  }

  private boolean await(int at) {
    for (int i = 1; line.turn < at; i++) {
      if (i % LOOKS == 0 && System.nanoTime() - start > MAX_NANOS) {
        return false;
      }
      Thread.onSpinWait();
    }
    return true;
  }
}
