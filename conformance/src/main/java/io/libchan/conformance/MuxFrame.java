package io.libchan.conformance;

import java.nio.ByteBuffer;

/**
 * One frame of the connection. Thread-safe: nobody writes into the payload.
 *
 * @param length the length field, unsigned
 * @param payload what follows DATA, else empty
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record MuxFrame(int version, int type, int flags, int stream, long length, byte[] payload) {
  static final int HEADER = 12;

  static MuxFrame data(int flags, int stream, byte[] payload) {
    return new MuxFrame(0, Codes.DATA, flags, stream, payload.length, payload);
  }

  static MuxFrame of(int type, int flags, int stream, long length) {
    return new MuxFrame(0, type, flags, stream, length, new byte[0]);
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  byte[] bytes() {
    return ByteBuffer.allocate(HEADER + payload.length)
        .put((byte) version)
        .put((byte) type)
        .putShort((short) flags)
        .putInt(stream)
        .putInt((int) length)
        .put(payload)
        .array();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    switch (type) {
      case Codes.DATA -> text.append("DATA of ").append(length);
      case Codes.WINDOW_UPDATE -> text.append("WINDOW_UPDATE");
      case Codes.PING -> text.append("PING");
      case Codes.GO_AWAY -> text.append("GO_AWAY");
      default -> text.append("type ").append(type);
    }
    if (version != 0) {
      text.append(" version ").append(version);
    }
    flag(text, Codes.SYN, " SYN");
    flag(text, Codes.ACK, " ACK");
    flag(text, Codes.FIN, " FIN");
    flag(text, Codes.RST, " RST");
    if (type == Codes.WINDOW_UPDATE && has(Codes.RST)) {
      text.append(' ').append(Codes.reason(length));
    } else if (type != Codes.DATA && (type != Codes.WINDOW_UPDATE || length != 0)) {
      text.append(' ').append(length);
    }
    if (stream != 0) {
      text.append(" on stream ").append(Integer.toUnsignedString(stream));
    }
    return text.toString();
  }

  private void flag(StringBuilder text, int flag, String name) {
    if (has(flag)) {
      text.append(name);
    }
  }
}
