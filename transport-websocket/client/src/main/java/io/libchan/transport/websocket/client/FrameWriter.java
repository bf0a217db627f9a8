package io.libchan.transport.websocket.client;

import io.libchan.transport.websocket.internal.Wire;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import okio.BufferedSink;

/**
 * Writes the frames of a client, each a whole message, masked as RFC 6455 §5.3 asks. Not
 * thread-safe.
 */
final class FrameWriter {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final SecureRandom RANDOM = new SecureRandom();

  private static final int FINAL = 0x80;
  private static final int MASKED = 0x80;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PONG = 10;

  private final BufferedSink sink;
  private final byte[] keys = new byte[256];
  private final byte[] bytes = new byte[Wire.WRITTEN_MESSAGE_BYTES];
  private final ByteBuffer payload = ByteBuffer.wrap(bytes);
  private int nextKey = keys.length;

  FrameWriter(BufferedSink sink) {
    this.sink = sink;
  }

  /** Where the payload of the next message goes; empty. */
  ByteBuffer cleared() {
    return payload.clear();
  }

  /** Writes what is in the payload as a message, if anything is. */
  void writeMessage() throws IOException {
    if (payload.position() > 0) {
      frame(BINARY, bytes, payload.position());
    }
  }

  void writePong(byte[] carried) throws IOException {
    frame(PONG, carried, carried.length);
  }

  void writeClose(Close close) throws IOException {
    if (close.code() == Wire.NO_CODE) {
      frame(CLOSE, new byte[0], 0);
      return;
    }
    byte[] text = Wire.cut(close.text()).getBytes(StandardCharsets.UTF_8);
    ByteBuffer content = ByteBuffer.allocate(2 + text.length);
    content.putShort((short) close.code()).put(text);
    frame(CLOSE, content.array(), content.capacity());
  }

  void flush() throws IOException {
    sink.flush();
  }

  /** Masks the content in place. */
  private void frame(int opcode, byte[] content, int length) throws IOException {
    sink.writeByte(FINAL | opcode);
    if (length < 126) {
      sink.writeByte(MASKED | length);
    } else if (length < 1 << 16) {
      sink.writeByte(MASKED | 126).writeShort(length);
    } else {
      sink.writeByte(MASKED | 127).writeLong(length);
    }
    int key = key();
    sink.writeInt(key);
    mask(content, length, key);
    sink.write(content, 0, length);
  }

  /** A key that nobody can foresee; many are drawn at a time. */
  private int key() {
    if (nextKey == keys.length) {
      RANDOM.nextBytes(keys);
      nextKey = 0;
    }
    int key = ByteBuffer.wrap(keys).getInt(nextKey);
    nextKey += Integer.BYTES;
    return key;
  }

  static void mask(byte[] content, int length, int key) {
    long twice = ((long) key << 32) | (key & 0xffff_ffffL);
    int at = 0;
    for (; at <= length - Long.BYTES; at += Long.BYTES) {
      LONGS.set(content, at, (long) LONGS.get(content, at) ^ twice);
    }
    for (; at < length; at++) {
      content[at] ^= (byte) (key >>> (24 - 8 * (at & 3)));
    }
  }
}
