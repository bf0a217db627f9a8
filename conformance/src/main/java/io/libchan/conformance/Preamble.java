package io.libchan.conformance;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a stream is for (section 4). Thread-safe: nobody writes into it. */
record Preamble(int kind, long reference, Map<Integer, byte[]> headers) {
  static final int NAME = 1;
  static final int CODEC = 2;
  static final int CAPACITY = 3;
  static final int PARENT = 4;
  static final int MOST = 8_192;
  static final int USUAL_CAPACITY = 1_024;

  static byte[] bytes(int kind, long reference, byte[]... headers) {
    byte[] all = Bytes.join(Bytes.of(kind), Bytes.u64(reference), Bytes.join(headers));
    return Bytes.join(Bytes.u16(all.length), all);
  }

  static byte[] header(int key, byte[] value) {
    return Bytes.join(Bytes.of(key), Bytes.u16(value.length), value);
  }

  /** The preamble without its length; null if it is malformed. */
  static @Nullable Preamble read(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.remaining() < 9) {
      return null;
    }
    int kind = Byte.toUnsignedInt(in.get());
    long reference = in.getLong();
    Map<Integer, byte[]> headers = headers(in);
    return headers == null ? null : new Preamble(kind, reference, headers);
  }

  /** The headers in what is left, as in HELLO; null if they are malformed. */
  static @Nullable Map<Integer, byte[]> headers(ByteBuffer in) {
    Map<Integer, byte[]> headers = new TreeMap<>();
    while (in.hasRemaining()) {
      if (in.remaining() < 3) {
        return null;
      }
      int key = Byte.toUnsignedInt(in.get());
      int length = Short.toUnsignedInt(in.getShort());
      if (in.remaining() < length) {
        return null;
      }
      byte[] value = new byte[length];
      in.get(value);
      if (headers.put(key, value) != null) {
        return null;
      }
    }
    return headers;
  }

  int capacity() {
    byte[] value = headers.get(CAPACITY);
    return value == null || value.length != 4 ? USUAL_CAPACITY : ByteBuffer.wrap(value).getInt();
  }

  long parent() {
    byte[] value = headers.get(PARENT);
    return value == null || value.length != 8 ? 0 : ByteBuffer.wrap(value).getLong();
  }
}
