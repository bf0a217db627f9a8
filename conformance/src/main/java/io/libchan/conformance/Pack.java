package io.libchan.conformance;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** As much msgpack as packets need, and an attachment. Not to be instantiated. */
final class Pack {
  private Pack() {}

  /** An attachment, by its index. */
  record End(int index) {}

  /** Bytes that stand for themselves, right or wrong. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Raw(byte[] bytes) {}

  static byte[] write(@Nullable Object value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(value, out);
    return out.toByteArray();
  }

  private static void write(@Nullable Object value, ByteArrayOutputStream out) {
    if (value == null) {
      out.write(0xc0);
    } else if (value instanceof Boolean truth) {
      out.write(truth ? 0xc3 : 0xc2);
    } else if (value instanceof Number number && !(value instanceof Double)) {
      long whole = number.longValue();
      if (whole >= 0 && whole < 128) {
        out.write((int) whole);
      } else {
        out.write(0xd3);
        out.writeBytes(Bytes.u64(whole));
      }
    } else if (value instanceof Double number) {
      out.write(0xcb);
      out.writeBytes(Bytes.u64(Double.doubleToLongBits(number)));
    } else if (value instanceof String text) {
      byte[] bytes = Bytes.text(text);
      out.write(0xdb);
      out.writeBytes(Bytes.u32(bytes.length));
      out.writeBytes(bytes);
    } else if (value instanceof byte[] bytes) {
      out.write(0xc6);
      out.writeBytes(Bytes.u32(bytes.length));
      out.writeBytes(bytes);
    } else if (value instanceof List<?> list) {
      out.write(0xdd);
      out.writeBytes(Bytes.u32(list.size()));
      list.forEach(one -> write(one, out));
    } else if (value instanceof Map<?, ?> map) {
      out.write(0xdf);
      out.writeBytes(Bytes.u32(map.size()));
      map.forEach(
          (key, one) -> {
            write(key, out);
            write(one, out);
          });
    } else if (value instanceof End end) {
      out.writeBytes(Bytes.of(0xd5, 1, end.index() >> 8, end.index()));
    } else if (value instanceof Raw raw) {
      out.writeBytes(raw.bytes());
    } else {
      throw new IllegalArgumentException("no msgpack for " + value.getClass());
    }
  }

  /**
   * The one value that these bytes are.
   *
   * @throws IllegalArgumentException if they are not
   */
  static @Nullable Object read(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      Object value = read(in);
      if (in.hasRemaining()) {
        throw new IllegalArgumentException("bytes after the value");
      }
      return value;
    } catch (java.nio.BufferUnderflowException | NegativeArraySizeException e) {
      throw new IllegalArgumentException("truncated", e);
    }
  }

  private static @Nullable Object read(ByteBuffer in) {
    int head = Byte.toUnsignedInt(in.get());
    if (head < 0x80) {
      return (long) head;
    } else if (head < 0x90) {
      return map(in, head & 15);
    } else if (head < 0xa0) {
      return list(in, head & 15);
    } else if (head < 0xc0) {
      return Bytes.text(bytes(in, head & 31));
    } else if (head >= 0xe0) {
      return (long) (byte) head;
    }
    return switch (head) {
      case 0xc0 -> null;
      case 0xc2 -> false;
      case 0xc3 -> true;
      case 0xc4 -> bytes(in, Byte.toUnsignedInt(in.get()));
      case 0xc5 -> bytes(in, Short.toUnsignedInt(in.getShort()));
      case 0xc6 -> bytes(in, in.getInt());
      case 0xca -> (double) in.getFloat();
      case 0xcb -> in.getDouble();
      case 0xcc -> (long) Byte.toUnsignedInt(in.get());
      case 0xcd -> (long) Short.toUnsignedInt(in.getShort());
      case 0xce -> Integer.toUnsignedLong(in.getInt());
      case 0xcf, 0xd3 -> in.getLong();
      case 0xd0 -> (long) in.get();
      case 0xd1 -> (long) in.getShort();
      case 0xd2 -> (long) in.getInt();
      case 0xd5 -> end(in);
      case 0xd9 -> Bytes.text(bytes(in, Byte.toUnsignedInt(in.get())));
      case 0xda -> Bytes.text(bytes(in, Short.toUnsignedInt(in.getShort())));
      case 0xdb -> Bytes.text(bytes(in, in.getInt()));
      case 0xdc -> list(in, Short.toUnsignedInt(in.getShort()));
      case 0xdd -> list(in, in.getInt());
      case 0xde -> map(in, Short.toUnsignedInt(in.getShort()));
      case 0xdf -> map(in, in.getInt());
      default -> throw new IllegalArgumentException("code " + head);
    };
  }

  private static End end(ByteBuffer in) {
    if (in.get() != 1) {
      throw new IllegalArgumentException("an extension that is no attachment");
    }
    return new End(Short.toUnsignedInt(in.getShort()));
  }

  private static byte[] bytes(ByteBuffer in, int length) {
    if (length > in.remaining()) {
      throw new IllegalArgumentException("truncated");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private static List<@Nullable Object> list(ByteBuffer in, int count) {
    List<@Nullable Object> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(read(in));
    }
    return list;
  }

  private static Map<Object, @Nullable Object> map(ByteBuffer in, int count) {
    Map<Object, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      Object key = read(in);
      if (!(key instanceof String)) {
        throw new IllegalArgumentException("a key that is no text");
      }
      if (map.containsKey(key)) {
        throw new IllegalArgumentException("a key twice");
      }
      map.put(key, read(in));
    }
    return map;
  }
}
