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
 * @param ends the attached ends
 */
record Letter(int line, long number, int size, List<Attached> ends) {
  private static final byte[] BYTES = new byte[1 << 20];

  static {
    new Random(1).nextBytes(BYTES);
  }

  /**
   * One end.
   *
   * @param number which end it is, see {@link #end}
   * @param skipped whether decoding leaves it where it is
   * @param end null where it was skipped
   */
  record Attached(int number, boolean skipped, @Nullable Object end) {
    int line() {
      return number / 2;
    }

    int side() {
      return number % 2;
    }
  }

  /** The number of an end of a channel (0 sends) or byte stream. */
  static int end(int line, int side) {
    return 2 * line + side;
  }

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
