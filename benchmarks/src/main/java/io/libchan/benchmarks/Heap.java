package io.libchan.benchmarks;

/** The heap of this JVM. */
final class Heap {
  private Heap() {}

  /** Bytes in use after collections. */
  static long used() throws InterruptedException {
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 4; i++) {
      System.gc();
      Thread.sleep(50); // reference handlers and cleaners run in between
      Runtime runtime = Runtime.getRuntime();
      used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
    }
    return used;
  }
}
