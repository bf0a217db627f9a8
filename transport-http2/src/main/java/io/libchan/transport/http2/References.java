package io.libchan.transport.http2;

/**
 * Which numbers a session has seen: the last 4,096 one by one, and everything before them as seen.
 * Not thread-safe.
 */
final class References {
  private static final int WINDOW = 4096;

  private final long[] seen = new long[WINDOW / Long.SIZE];
  private long highest;

  /** Whether a number has not come yet. Numbers begin at 1. */
  boolean isNew(long ref) {
    if (ref > highest) {
      return true;
    }
    return highest - ref < WINDOW && (seen[word(ref)] & bit(ref)) == 0;
  }

  /** Takes a number that is new. */
  void add(long ref) {
    if (ref > highest) {
      if (ref - highest >= WINDOW) {
        java.util.Arrays.fill(seen, 0);
      } else {
        for (long passed = highest + 1; passed <= ref; passed++) {
          seen[word(passed)] &= ~bit(passed);
        }
      }
      highest = ref;
    }
    seen[word(ref)] |= bit(ref);
  }

  private static int word(long ref) {
    return (int) (ref % WINDOW) / Long.SIZE;
  }

  private static long bit(long ref) {
    return 1L << (ref % Long.SIZE);
  }
}
