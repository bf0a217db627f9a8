package io.libchan.conformance;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A reason as it stands on the wire (CH-30). Thread-safe: immutable.
 *
 * @param hops the nodes it passed
 */
record WireReason(long number, String text, String origin, List<String> hops) {
  private static final int TEXT = 4_096;
  private static final int NAME = 1_024;
  private static final int HOPS = 16;

  static WireReason of(long number) {
    return new WireReason(number, "", "", List.of());
  }

  static WireReason of(long number, String text) {
    return new WireReason(number, text, "", List.of());
  }

  byte[] bytes() {
    byte[] all = Bytes.join(Bytes.u32(number), piece(text), piece(origin), Bytes.of(hops.size()));
    for (String hop : hops) {
      all = Bytes.join(all, piece(hop));
    }
    return all;
  }

  private static byte[] piece(String text) {
    byte[] bytes = Bytes.text(text);
    return Bytes.join(Bytes.u16(bytes.length), bytes);
  }

  /** The reason that these bytes are; null if they are none. */
  static @Nullable WireReason read(byte[] body) {
    ByteBuffer in = ByteBuffer.wrap(body);
    if (in.remaining() < 4) {
      return null;
    }
    long number = Integer.toUnsignedLong(in.getInt());
    String text = piece(in, TEXT);
    String origin = text == null ? null : piece(in, NAME);
    if (text == null || origin == null || !in.hasRemaining()) {
      return null;
    }
    int count = Byte.toUnsignedInt(in.get());
    List<String> hops = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String hop = piece(in, NAME);
      if (hop == null) {
        return null;
      }
      hops.add(hop);
    }
    return count > HOPS || in.hasRemaining() ? null : new WireReason(number, text, origin, hops);
  }

  private static @Nullable String piece(ByteBuffer in, int most) {
    if (in.remaining() < 2) {
      return null;
    }
    int length = Short.toUnsignedInt(in.getShort());
    if (length > most || in.remaining() < length) {
      return null;
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return Bytes.text(bytes);
  }

  @Override
  public String toString() {
    String words = text.isEmpty() ? "" : " \"" + text + "\"";
    return Codes.reason(number) + words + (hops.isEmpty() ? "" : " over " + hops);
  }
}
