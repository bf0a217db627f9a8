package io.libchan.core;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Arrays of one size for bytes on their way through this process. They are used again, the last
 * ones first, so that large amounts pass through few places of memory, which stay in the
 * processor's cache, and leave no garbage. What is in an array that was taken is undefined.
 *
 * <p>Thread-safe, without locks.
 */
final class Segments {
  /** The size of each. */
  static final int BYTES = 16 * 1024;

  /** From so many bytes on a segment is worth it, and at least half of what it holds. */
  static final int WORTH_BYTES = BYTES / 2;

  /** What the process keeps at most: 2 MiB. */
  private static final int KEPT = 128;

  private static final AtomicReferenceArray<byte @Nullable []> SPARE =
      new AtomicReferenceArray<>(KEPT);

  private Segments() {}

  /** One that is the caller's. */
  static byte[] take() {
    for (int i = 0; i < KEPT; i++) {
      if (SPARE.get(i) != null) {
        byte[] spare = SPARE.getAndSet(i, null);
        if (spare != null) {
          return spare;
        }
      }
    }
    return new byte[BYTES];
  }

  /** Gives one back; arrays of another size are none, and left to the collector. */
  static void give(byte[] segment) {
    if (segment.length != BYTES) {
      return;
    }
    for (int i = 0; i < KEPT; i++) {
      if (SPARE.get(i) == null && SPARE.compareAndSet(i, null, segment)) {
        return;
      }
    }
  }
}
