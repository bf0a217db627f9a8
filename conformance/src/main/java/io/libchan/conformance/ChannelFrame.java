package io.libchan.conformance;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A frame of the control stream or of a channel. Thread-safe: nobody writes into the body. */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record ChannelFrame(int kind, byte[] body) {
  /** What a message's table says of one attachment. */
  record Entry(int type, long reference) {}

  static byte[] header(int kind, long length) {
    return Bytes.join(Bytes.of(kind), Bytes.u32(length));
  }

  static byte[] bytes(int kind, byte... body) {
    return Bytes.join(header(kind, body.length), body);
  }

  /** A message with this table. */
  static byte[] message(List<Entry> table, byte[] codec) {
    byte[] body = Bytes.u16(table.size());
    for (Entry entry : table) {
      body = Bytes.join(body, Bytes.of(entry.type()), Bytes.u64(entry.reference()));
    }
    return bytes(Codes.MESSAGE, Bytes.join(body, codec));
  }

  /** The table of a message; null if it is malformed. */
  @Nullable List<Entry> table() {
    ByteBuffer in = ByteBuffer.wrap(body);
    if (in.remaining() < 2) {
      return null;
    }
    int count = Short.toUnsignedInt(in.getShort());
    if (in.remaining() < 9 * count) {
      return null;
    }
    List<Entry> table = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      table.add(new Entry(Byte.toUnsignedInt(in.get()), in.getLong()));
    }
    return table;
  }

  /** The codec's bytes of a message. */
  byte[] codec() {
    int count = Short.toUnsignedInt(ByteBuffer.wrap(body).getShort());
    return Arrays.copyOfRange(body, 2 + 9 * count, body.length);
  }

  /** The reason of a frame that has one; null if it is malformed. */
  @Nullable WireReason reason() {
    return WireReason.read(body);
  }

  /** The number of a frame that has one. */
  long number() {
    return body.length == 8 ? ByteBuffer.wrap(body).getLong() : -1;
  }

  boolean hasReason() {
    return kind == Codes.CLOSE || kind == Codes.CANCEL || kind == Codes.SESSION_END;
  }

  @Override
  public String toString() {
    String name = Codes.frame(kind);
    if (hasReason()) {
      return name + " " + reason();
    }
    return body.length == 8 && kind != Codes.MESSAGE
        ? name + " " + number()
        : name + " of " + body.length;
  }
}
