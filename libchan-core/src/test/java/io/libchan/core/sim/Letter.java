package io.libchan.core.sim;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What the simulator sends.
 *
 * @param line the channel it was sent on
 * @param number counted from 1 on that channel
 * @param size of the filling, whose bytes follow from line and number
 * @param ends the attached ends, and the line of each
 */
record Letter(int line, long number, int size, List<Attached> ends) {
  private static final byte[] BYTES = new byte[1 << 20];

  static {
    new Random(1).nextBytes(BYTES);
  }

  /**
   * One end.
   *
   * @param line which channel's or byte stream's end it is
   * @param skipped whether decoding leaves it where it is
   * @param end null where it was skipped
   */
  record Attached(int line, boolean skipped, @Nullable Object end) {}

  /** Where the bytes of one letter, or of one position in a byte stream, begin. */
  static int offset(int line, long number) {
    long mixed = (line * 0x9E3779B97F4A7C15L) ^ (number * 0xC2B2AE3D27D4EB4FL);
    return (int) ((mixed >>> 33) % (BYTES.length / 4));
  }

  static byte[] bytes() {
    return BYTES;
  }

  static boolean isRight(byte[] bytes, int from, int count, int offset) {
    return Arrays.mismatch(bytes, from, from + count, BYTES, offset, offset + count) < 0;
  }
}
