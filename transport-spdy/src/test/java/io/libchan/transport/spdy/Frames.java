package io.libchan.transport.spdy;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** SPDY frames by hand, in one direction: what the codec under test is compared with. */
final class Frames {
  static final int SYN_STREAM = 1;
  static final int SYN_REPLY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 9;
  static final int DATA = -1;

  private static final byte[] DICTIONARY = dictionary();

  private final Inflater inflater = new Inflater();
  private final Deflater deflater = new Deflater(9);
  private boolean primed;

  /** One frame; {@code raw} are all of its bytes. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Frame(
      int type, int flags, int stream, Map<String, String> headers, byte[] payload, byte[] raw) {
    boolean isLast() {
      return (flags & 1) != 0;
    }
  }

  /** The next frame; null at the end of input. */
  Frame read(InputStream from) throws IOException {
    DataInputStream in = new DataInputStream(from);
    byte[] head = new byte[8];
    try {
      in.readFully(head);
    } catch (EOFException e) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.wrap(head);
    int first = buffer.getInt();
    int second = buffer.getInt();
    byte[] payload = new byte[second & 0xffffff];
    in.readFully(payload);
    byte[] raw = ByteBuffer.allocate(8 + payload.length).put(head).put(payload).array();
    int flags = second >>> 24;
    if (first >= 0) {
      return new Frame(DATA, flags, first, Map.of(), payload, raw);
    }
    int type = first & 0xffff;
    ByteBuffer body = ByteBuffer.wrap(payload);
    int stream = type == SETTINGS ? 0 : body.getInt();
    int skipped = type == SYN_STREAM ? 10 : 4;
    Map<String, String> headers =
        type == SYN_STREAM || type == SYN_REPLY ? headers(payload, skipped) : Map.of();
    return new Frame(type, flags, stream, headers, payload, raw);
  }

  private Map<String, String> headers(byte[] payload, int from) throws IOException {
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    inflater.setInput(payload, from, payload.length - from);
    byte[] part = new byte[4096];
    try {
      while (true) {
        int count = inflater.inflate(part);
        if (count == 0 && inflater.needsDictionary()) {
          inflater.setDictionary(DICTIONARY);
        } else if (count == 0) {
          break;
        }
        plain.write(part, 0, count);
      }
    } catch (DataFormatException e) {
      throw new IOException(e);
    }
    ByteBuffer in = ByteBuffer.wrap(plain.toByteArray());
    Map<String, String> headers = new TreeMap<>();
    int count = in.getInt();
    for (int i = 0; i < count; i++) {
      headers.put(text(in), text(in));
    }
    return headers;
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[in.getInt()];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** A header block, compressed behind those before it. */
  byte[] block(byte[] plain) {
    if (!primed) {
      primed = true;
      deflater.setDictionary(DICTIONARY);
    }
    deflater.setInput(plain);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] part = new byte[8192];
    for (int count = deflater.deflate(part, 0, part.length, Deflater.SYNC_FLUSH);
        count > 0;
        count = deflater.deflate(part, 0, part.length, Deflater.SYNC_FLUSH)) {
      out.write(part, 0, count);
    }
    return out.toByteArray();
  }

  static byte[] plain(Map<String, String> headers) {
    ByteBuffer out = ByteBuffer.allocate(64 * 1024);
    out.putInt(headers.size());
    headers.forEach(
        (name, value) -> {
          put(out, name);
          put(out, value);
        });
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  private static void put(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putInt(bytes.length).put(bytes);
  }

  byte[] syn(int stream, Map<String, String> headers) {
    return syn(stream, block(plain(headers)));
  }

  static byte[] syn(int stream, byte[] block) {
    return control(
        SYN_STREAM,
        0,
        ByteBuffer.allocate(10 + block.length)
            .putInt(stream)
            .putInt(0)
            .putShort((short) 0)
            .put(block)
            .array());
  }

  byte[] reply(int stream, Map<String, String> headers) {
    byte[] block = block(plain(headers));
    return control(
        SYN_REPLY, 0, ByteBuffer.allocate(4 + block.length).putInt(stream).put(block).array());
  }

  static byte[] control(int type, int flags, byte[] payload) {
    return ByteBuffer.allocate(8 + payload.length)
        .putShort((short) 0x8003)
        .putShort((short) type)
        .putInt(flags << 24 | payload.length)
        .put(payload)
        .array();
  }

  static byte[] control(int type, int... words) {
    ByteBuffer payload = ByteBuffer.allocate(4 * words.length);
    for (int word : words) {
      payload.putInt(word);
    }
    return control(type, 0, payload.array());
  }

  static byte[] data(int stream, boolean last, byte[] payload) {
    return ByteBuffer.allocate(8 + payload.length)
        .putInt(stream)
        .putInt((last ? 1 << 24 : 0) | payload.length)
        .put(payload)
        .array();
  }

  private static byte[] dictionary() {
    try {
      Field field =
          Class.forName("io.netty.handler.codec.spdy.SpdyCodecUtil").getDeclaredField("SPDY_DICT");
      field.setAccessible(true);
      return ((byte[]) field.get(null)).clone();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
