package io.libchan.benchmarks;

import java.nio.ByteBuffer;
import java.util.Random;

/** What bulk cases write: chunks of 64 KiB that begin with their number. Thread-safe. */
final class Chunks {
  static final int BYTES = 64 * 1024;
  static final int COUNT = 16;
  static final double PER_MIB = (1 << 20) / (double) BYTES;

  private static final byte[][] ALL = build();

  private Chunks() {}

  /** Chunk {@code n} of a stream; not to be written to. */
  static byte[] at(long position) {
    return ALL[(int) (position % COUNT)];
  }

  static long id(byte[] chunk) {
    return ByteBuffer.wrap(chunk).getLong(0);
  }

  private static byte[][] build() {
    Random random = new Random(1);
    byte[][] all = new byte[COUNT][BYTES];
    for (int i = 0; i < COUNT; i++) {
      random.nextBytes(all[i]);
      ByteBuffer.wrap(all[i]).putLong(0, i);
    }
    return all;
  }
}
