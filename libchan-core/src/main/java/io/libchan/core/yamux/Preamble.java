package io.libchan.core.yamux;

import io.libchan.Channel;
import io.libchan.spi.StreamHeaders;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The bytes that open a stream, section 4 of the specification. */
final class Preamble {
  static final int NAME = 1;
  static final int CODEC = 2;
  static final int CAPACITY = 3;
  static final int PARENT = 4;
  private static final Set<Integer> KEPT = Set.of(5, 6, 8); // deadline, traceparent and file
  static final int FIRST_CRITICAL = 128;
  private static final int MIN_BYTES = 9;

  private static volatile String lastCodec = "";

  private Preamble() {}

  /** What is wrong with a preamble. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean unsupported;

    Malformed(String message, boolean unsupported) {
      super(message);
      this.unsupported = unsupported;
    }

    /** Whether only this stream is at fault. Rule PRE-4. */
    boolean unsupported() {
      return unsupported;
    }
  }

  static byte[] encode(StreamHeaders headers) {
    byte[] name = headers.name().getBytes(StandardCharsets.UTF_8);
    byte[] codec =
        headers.codec() == null ? new byte[0] : headers.codec().getBytes(StandardCharsets.UTF_8);
    int size = MIN_BYTES + header(name.length) + header(codec.length) + 7 + 11;
    for (String value : headers.extra().values()) {
      size += header(value.getBytes(StandardCharsets.UTF_8).length);
    }
    ByteBuffer out = ByteBuffer.allocate(2 + size);
    out.putShort((short) 0).put((byte) headers.kind().number()).putLong(headers.reference());
    put(out, NAME, name);
    put(out, CODEC, codec);
    if (headers.kind().isChannel() && headers.capacity() != Channel.DEFAULT_CAPACITY) {
      out.put((byte) CAPACITY).putShort((short) 4).putInt(headers.capacity());
    }
    if (headers.parent() != 0) {
      out.put((byte) PARENT).putShort((short) 8).putLong(headers.parent());
    }
    headers.extra().forEach((key, value) -> put(out, key, value.getBytes(StandardCharsets.UTF_8)));
    out.putShort(0, (short) (out.position() - 2));
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  private static int header(int length) {
    return length == 0 ? 0 : 3 + length;
  }

  private static void put(ByteBuffer out, int key, byte[] value) {
    if (value.length > 0) {
      out.put((byte) key).putShort((short) value.length).put(value);
    }
  }

  /** Reads what follows the length. Rules PRE-1, PRE-2, PRE-4. */
  static StreamHeaders decode(ByteBuffer in) throws Malformed {
    if (in.remaining() < MIN_BYTES) {
      throw broken("preamble of " + in.remaining() + " bytes");
    }
    int number = in.get() & 0xff;
    StreamHeaders.Kind kind = StreamHeaders.Kind.of(number);
    long reference = in.getLong();
    Map<Integer, byte[]> values = new HashMap<>();
    while (in.hasRemaining()) {
      int key = in.get() & 0xff;
      if (in.remaining() < 2 || (in.getShort(in.position()) & 0xffff) > in.remaining() - 2) {
        throw broken("header " + key + " is cut short");
      }
      byte[] value = new byte[in.getShort() & 0xffff];
      in.get(value);
      if (values.put(key, value) != null && isKnown(key)) {
        throw broken("header " + key + " stands twice");
      }
    }
    if (reference <= 0) {
      throw broken("reference " + Long.toUnsignedString(reference));
    }
    if (kind == null) {
      throw new Malformed("kind " + number, true);
    }
    return headers(kind, reference, values);
  }

  private static boolean isKnown(int key) {
    return (key >= NAME && key <= PARENT) || KEPT.contains(key);
  }

  private static StreamHeaders headers(
      StreamHeaders.Kind kind, long reference, Map<Integer, byte[]> values) throws Malformed {
    String name = text(NAME, values.remove(NAME));
    byte[] codecBytes = values.remove(CODEC);
    String codec = codecBytes == null ? null : shared(text(CODEC, codecBytes));
    long capacity = number(CAPACITY, 4, values.remove(CAPACITY), Channel.DEFAULT_CAPACITY);
    long parent = number(PARENT, 8, values.remove(PARENT), 0);
    if (capacity > Channel.MAX_CAPACITY || parent < 0) {
      throw broken("capacity " + capacity + ", parent " + parent);
    }
    Map<Integer, String> extra = new HashMap<>();
    for (Map.Entry<Integer, byte[]> entry : values.entrySet()) {
      if (entry.getKey() >= FIRST_CRITICAL) {
        throw new Malformed("header " + entry.getKey(), true);
      }
      if (KEPT.contains(entry.getKey())) {
        extra.put(entry.getKey(), text(entry.getKey(), entry.getValue()));
      }
    }
    int used = kind.isChannel() ? (int) capacity : Channel.DEFAULT_CAPACITY; // rule PRE-11
    return new StreamHeaders(reference, kind, name, codec, used, parent, extra);
  }

  /** Streams of one codec are many and live long: they share its name. */
  private static String shared(String codec) {
    String last = lastCodec;
    if (codec.equals(last)) {
      return last;
    }
    lastCodec = codec;
    return codec;
  }

  private static long number(int key, int size, byte @Nullable [] value, long missing)
      throws Malformed {
    if (value == null) {
      return missing;
    }
    if (value.length != size) {
      throw broken("header " + key + " of " + value.length + " bytes");
    }
    ByteBuffer bytes = ByteBuffer.wrap(value);
    return size == 4 ? bytes.getInt() & 0xffff_ffffL : bytes.getLong();
  }

  private static String text(int key, byte @Nullable [] value) throws Malformed {
    if (value == null) {
      return "";
    }
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value));
      return text.toString();
    } catch (CharacterCodingException e) {
      throw broken("header " + key + " is not UTF-8");
    }
  }

  private static Malformed broken(String what) {
    return new Malformed(what, false);
  }
}
