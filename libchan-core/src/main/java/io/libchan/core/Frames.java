package io.libchan.core;

import io.libchan.Reason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The frames of control streams and channels, section 5 of the specification. */
final class Frames {
  static final int HEADER_BYTES = 5;

  static final int HELLO = 1;
  static final int DRAIN = 2;
  static final int SESSION_END = 3;
  static final int JOINED = 4;
  static final int TAKEN = 5;

  static final int MESSAGE = 16;
  static final int CLOSE = 17;
  static final int FLUSH = 18;
  static final int WITHDRAW = 19;
  static final int ECHO = 20;

  static final int ACK = 32;
  static final int CANCEL = 33;
  static final int WITHDRAWN = 34;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final int MAX_TEXT = 4096;
  private static final int MAX_NAME = 1024;
  private static final int MAX_NAME_CHARS = 255; // of four bytes at most

  static final int MAX_REASON_BYTES =
      4 + 2 + MAX_TEXT + 2 + MAX_NAME + 1 + Reason.MAX_HOPS * (2 + MAX_NAME);

  /** The most common end; nobody changes it. */
  private static final byte[] CLEAN_CLOSE = reasonFrame(CLOSE, Reason.END);

  private static final byte[] CLEAN_END =
      Arrays.copyOfRange(CLEAN_CLOSE, HEADER_BYTES, CLEAN_CLOSE.length);

  private Frames() {}

  static byte[] empty(int kind) {
    return bytes(frame(kind, 0));
  }

  static byte[] count(int kind, long value) {
    byte[] frame = new byte[HEADER_BYTES + 8];
    putHeader(frame, 0, kind, 8);
    LONG.set(frame, HEADER_BYTES, value);
    return frame;
  }

  static byte[] joined(long one, long other) {
    return bytes(frame(JOINED, 16).putLong(one).putLong(other));
  }

  /** Rule CH-30. */
  static byte[] reason(int kind, Reason reason) {
    if (kind == CLOSE && reason.equals(Reason.END)) {
      return CLEAN_CLOSE;
    }
    return reasonFrame(kind, reason);
  }

  private static byte[] reasonFrame(int kind, Reason reason) {
    byte[] text = reason.message().getBytes(StandardCharsets.UTF_8);
    byte[] origin = cut(reason.origin());
    List<byte[]> hops = new ArrayList<>();
    int size = 4 + 2 + text.length + 2 + origin.length + 1;
    for (String hop : reason.hops()) {
      byte[] bytes = cut(hop);
      hops.add(bytes);
      size += 2 + bytes.length;
    }
    ByteBuffer out = frame(kind, size).putInt(reason.number());
    text(out, text);
    text(out, origin);
    out.put((byte) hops.size());
    hops.forEach(hop -> text(out, hop));
    return bytes(out);
  }

  /** A node's name may have 1,024 bytes, a Java string of that many characters more. */
  private static byte[] cut(String name) {
    if (name.length() <= MAX_NAME_CHARS) {
      return name.getBytes(StandardCharsets.UTF_8);
    }
    boolean splits = Character.isHighSurrogate(name.charAt(MAX_NAME_CHARS - 1));
    return name.substring(0, splits ? MAX_NAME_CHARS - 1 : MAX_NAME_CHARS)
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The reason that these bytes are; null if they are none. Rules CH-30, FRM-3. */
  static @Nullable Reason reason(byte[] body) {
    if (Arrays.equals(body, CLEAN_END)) {
      return Reason.END;
    }
    try {
      ByteBuffer in = ByteBuffer.wrap(body);
      int number = in.getInt();
      String text = text(in, MAX_TEXT);
      String origin = text(in, MAX_NAME);
      List<String> hops = new ArrayList<>();
      int count = in.get() & 0xff;
      for (int left = count; left > 0; left--) {
        hops.add(text(in, MAX_NAME));
      }
      return count > Reason.MAX_HOPS || in.hasRemaining()
          ? null
          : new Reason(number, text, origin, hops);
    } catch (BufferUnderflowException e) {
      return null;
    }
  }

  private static void text(ByteBuffer out, byte[] text) {
    out.putShort((short) text.length).put(text);
  }

  private static String text(ByteBuffer in, int most) {
    int length = in.getShort() & 0xffff;
    if (length > most || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Writes a header into an array; a byte buffer would be an object for each message. */
  static void putHeader(byte[] to, int at, int kind, int length) {
    to[at] = (byte) kind;
    INT.set(to, at + 1, length);
  }

  /** The length of the body of the frame that begins there. */
  static int bodyLength(byte[] from, int at) {
    return (int) INT.get(from, at + 1);
  }

  private static byte[] bytes(ByteBuffer full) {
    byte[] bytes = new byte[full.capacity()];
    full.flip().get(bytes);
    return bytes;
  }

  private static ByteBuffer frame(int kind, int length) {
    return ByteBuffer.allocate(HEADER_BYTES + length).put((byte) kind).putInt(length);
  }
}
