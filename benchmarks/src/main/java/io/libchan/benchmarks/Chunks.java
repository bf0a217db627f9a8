package io.libchan.benchmarks;

import java.nio.ByteBuffer;
import java.util.Random;

/**
 * Byte arrays of one size that begin with their number; chunk {@code n} of a stream is number
 * {@code n mod count}. Thread-safe.
 */
final class Chunks {
  /** What bulk cases write. */
  static final Chunks BULK = new Chunks(64 * 1024);

  private static final int MAX_COUNT = 16;
  private static final int MAX_BYTES = 32 << 20;

  private final byte[][] all;

  Chunks(int bytes) {
    all = new byte[count(bytes)][bytes];
    Random random = new Random(1);
    for (int i = 0; i < all.length; i++) {
      random.nextBytes(all[i]);
      ByteBuffer.wrap(all[i]).putLong(0, i);
    }
  }

  /** How many there are of this size. */
  static int count(int bytes) {
    return Math.max(2, Math.min(MAX_COUNT, MAX_BYTES / bytes));
  }

  /** Not to be written to. */
  byte[] at(long position) {
    return all[(int) (position % all.length)];
  }

  int bytes() {
    return all[0].length;
  }

  static long id(byte[] chunk) {
    return ByteBuffer.wrap(chunk).getLong(0);
  }

  /** A tally of chunks of this size. */
  static Tally tally(int bytes) {
    return new Tally(count(bytes));
  }
}
