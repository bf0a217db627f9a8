package io.libchan.spi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Tells whether bytes are UTF-8, as decoders replace what is not, or take what they should not.
 *
 * <p>Thread-safe: there is no state.
 */
public final class Utf8 {
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long HIGH_BITS = 0x8080808080808080L;

  private Utf8() {}

  /** Whether all of this range is ASCII. */
  public static boolean ascii(byte[] bytes, int from, int to) {
    long seen = 0;
    int i = from;
    for (; i + 8 <= to; i += 8) {
      seen |= (long) EIGHT.get(bytes, i);
    }
    for (; i < to; i++) {
      seen |= bytes[i];
    }
    return (seen & HIGH_BITS) == 0;
  }

  /** Whether this range is well-formed UTF-8: nothing cut, overlong, or above U+10FFFF. */
  public static boolean valid(byte[] bytes, int from, int to) {
    int i = from;
    while (i + 8 <= to && ((long) EIGHT.get(bytes, i) & HIGH_BITS) == 0) {
      i += 8;
    }
    if (i < to && i + 8 <= bytes.length) {
      long rest = (long) EIGHT.get(bytes, i) << (8 * (8 - (to - i))); // what follows drops out
      if (to - i < 8 && (rest & HIGH_BITS) == 0) {
        return true;
      }
    }
    while (i < to && bytes[i] >= 0) {
      i++;
    }
    return i == to || validFrom(bytes, i, to);
  }

  private static boolean validFrom(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      int lead = bytes[i++] & 0xff;
      if (lead >= 0x80) {
        int more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
        if (more == 0 || to - i < more || !secondFits(lead, bytes[i] & 0xff)) {
          return false;
        }
        for (int last = i + more; i < last; i++) {
          if ((bytes[i] & 0xc0) != 0x80) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Excludes overlong forms, surrogates, and what is above U+10FFFF. */
  private static boolean secondFits(int lead, int second) {
    return switch (lead) {
      case 0xe0 -> second >= 0xa0;
      case 0xed -> second < 0xa0;
      case 0xf0 -> second >= 0x90;
      case 0xf4 -> second < 0x90;
      default -> true;
    };
  }
}
