package io.libchan.core.yamux;

import java.nio.ByteBuffer;

/**
 * Cuts bytes into frames, however they are split. Rule MUX-15.
 *
 * <p>Not thread-safe.
 */
final class FrameCutter {
  /** Takes what was cut. */
  interface Sink {
    /** Whether anything is still wanted. */
    boolean isReading();

    /**
     * A frame's header.
     *
     * @param stream as it stands there; may be negative
     * @param length of DATA at least 0, as the sink refuses others; the payload follows
     */
    void frame(int type, int flags, int stream, int length) throws Broken;

    /**
     * Some of the payload of the last DATA frame.
     *
     * @param part to be used before this returns; nobody minds what is left
     * @param last whether it is complete with it
     */
    void payload(ByteBuffer part, boolean last) throws Broken;
  }

  private final int lastType;
  private final ByteBuffer header = ByteBuffer.allocate(Wire.HEADER_BYTES);
  private int payloadLeft;

  /**
   * A cutter.
   *
   * @param lastType the greatest type there is
   */
  FrameCutter(int lastType) {
    this.lastType = lastType;
  }

  /** Cuts all of the bytes, unless the sink stops reading. */
  void read(ByteBuffer bytes, Sink sink) throws Broken {
    while (bytes.hasRemaining() && sink.isReading()) {
      if (payloadLeft > 0) {
        readPayload(bytes, sink);
      } else {
        readHeader(bytes, sink);
      }
    }
  }

  private void readHeader(ByteBuffer bytes, Sink sink) throws Broken {
    if (header.position() == 0 && bytes.remaining() >= Wire.HEADER_BYTES) {
      int at = bytes.position();
      bytes.position(at + Wire.HEADER_BYTES);
      frame(bytes, at, sink);
      return;
    }
    while (bytes.hasRemaining() && header.hasRemaining()) {
      header.put(bytes.get());
    }
    if (!header.hasRemaining()) {
      header.clear();
      frame(header, 0, sink);
    }
  }

  private void frame(ByteBuffer from, int at, Sink sink) throws Broken {
    int version = from.get(at);
    int type = from.get(at + 1) & 0xff;
    int flags = from.getShort(at + 2) & 0xffff;
    int stream = from.getInt(at + 4);
    int length = from.getInt(at + 8);
    if (version != 0 || type > lastType) {
      throw Broken.foreign("MUX-15", "version " + version + ", type " + type);
    }
    sink.frame(type, flags, stream, length);
    if (type == Wire.DATA) {
      payloadLeft = length;
    }
  }

  private void readPayload(ByteBuffer bytes, Sink sink) throws Broken {
    int count = Math.min(payloadLeft, bytes.remaining());
    int limit = bytes.limit();
    bytes.limit(bytes.position() + count);
    payloadLeft -= count;
    sink.payload(bytes, payloadLeft == 0);
    bytes.position(bytes.limit()).limit(limit);
  }
}
