package io.libchan.core;

import io.libchan.spi.Spares;

/**
 * Arrays of one size for bytes on their way through this process. They are used again, so that
 * large amounts pass through few places of memory, which stay in the processor's cache, and leave
 * no garbage. What is in an array that was taken is undefined.
 *
 * <p>Thread-safe, without locks.
 */
final class Segments {
  /** The size of each. */
  static final int BYTES = 16 * 1024;

  /** From so many bytes on a segment is worth it, and at least half of what it holds. */
  static final int WORTH_BYTES = BYTES / 2;

  /** What the process keeps for all sessions, of which an idle one holds none: 2 MiB at most. */
  private static final Spares<byte[]> SPARES = new Spares<>(128);

  private Segments() {}

  /** One that is the caller's. */
  static byte[] take() {
    return take(BYTES);
  }

  /** One that is the caller's, if there is a spare; else an array of that size. */
  static byte[] take(int size) {
    byte[] spare = SPARES.take();
    return spare == null ? new byte[size] : spare;
  }

  /** A copy of so many bytes, in as many as it needs. */
  static byte[][] copyOf(byte[] from, int offset, int count) {
    byte[][] segments = new byte[(count + BYTES - 1) / BYTES][];
    for (int i = 0; i < segments.length; i++) {
      segments[i] = take();
      System.arraycopy(
          from, offset + i * BYTES, segments[i], 0, Math.min(BYTES, count - i * BYTES));
    }
    return segments;
  }

  /** Gives one back; arrays of another size are none, and left to the collector. */
  static void give(byte[] segment) {
    if (segment.length == BYTES) {
      SPARES.give(segment);
    }
  }
}
