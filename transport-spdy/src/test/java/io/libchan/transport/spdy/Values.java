package io.libchan.transport.spdy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** msgpack by hand: what messages are, whatever the order of a map's keys. */
final class Values {
  private Values() {}

  static List<Object> all(byte[] bytes) {
    List<Object> values = new ArrayList<>();
    for (ByteBuffer in = ByteBuffer.wrap(bytes); in.hasRemaining(); ) {
      values.add(one(in));
    }
    return values;
  }

  private static Object one(ByteBuffer in) {
    int code = in.get() & 0xff;
    if (code < 0x80 || code >= 0xe0) {
      return (long) (byte) code;
    }
    if (code < 0x90) {
      return map(in, code & 15);
    }
    if (code < 0xa0) {
      return list(in, code & 15);
    }
    if (code < 0xc0) {
      return text(in, code & 31);
    }
    return switch (code) {
      case 0xc0 -> "nil";
      case 0xc2 -> false;
      case 0xc3 -> true;
      case 0xc4 -> "bin " + hex(in, in.get() & 0xff);
      case 0xc7 -> extension(in, in.get() & 0xff);
      case 0xcb -> in.getDouble();
      case 0xd0 -> (long) in.get();
      case 0xd1 -> (long) in.getShort();
      case 0xd2 -> (long) in.getInt();
      case 0xd3 -> in.getLong();
      case 0xd6 -> extension(in, 4);
      case 0xd9 -> text(in, in.get() & 0xff);
      default -> throw new AssertionError("code " + Integer.toHexString(code));
    };
  }

  private static Object map(ByteBuffer in, int count) {
    Map<String, Object> map = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      map.put((String) one(in), one(in));
    }
    return map;
  }

  private static Object list(ByteBuffer in, int count) {
    List<Object> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(one(in));
    }
    return list;
  }

  private static String text(ByteBuffer in, int count) {
    byte[] bytes = new byte[count];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static String hex(ByteBuffer in, int count) {
    byte[] bytes = new byte[count];
    in.get(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static String extension(ByteBuffer in, int count) {
    return "ext " + in.get() + " " + hex(in, count);
  }
}
