package io.libchan.codec.msgpack;

import io.libchan.ChannelException;
import io.libchan.codec.jackson.AttachmentReference;
import io.libchan.codec.jackson.Bytes;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.spi.Malformed;
import io.libchan.spi.ReferenceCodec;
import io.libchan.spi.ReferenceCodec.Code;
import io.libchan.spi.ReferenceDialect;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The extension types of the Go reference, in both of its dialects: attachments, and times. Rules
 * SPDY-13, SPDY-24.
 *
 * <p>Thread-safe: immutable.
 */
record ReferenceExtensions(ReferenceDialect dialect) implements Extensions {
  private static final int TIME = 6;
  private static final int TIME_BYTES = 12;
  private static final int OLD_CHANNEL = 1;
  private static final int OLD_BYTES = 2;
  private static final int OLD_RECEIVER = 1; // the directions, as the decoder has it
  private static final int OLD_SENDER = 2;

  private boolean isHead() {
    return dialect == ReferenceDialect.HEAD;
  }

  @Override
  public void check(int type, int length) throws ChannelException {
    boolean good;
    if (isHead()) {
      good = Code.isOne(type) ? length == 4 || length == 8 : type != TIME || length == TIME_BYTES;
    } else {
      good =
          type == OLD_CHANNEL
              ? length == 5 || length == 9
              : type != OLD_BYTES || length == 4 || length == 8;
    }
    if (!good) {
      throw Malformed.bytes("an extension of type " + type + " and " + length + " bytes");
    }
  }

  @Override
  public int index(int type, byte[] bytes, int start, int length) {
    if (isHead()) {
      return Code.isOne(type) ? index(Code.of(type), number(bytes, start, length)) : NONE;
    }
    if (type == OLD_CHANNEL) {
      Code code = bytes[start] == OLD_RECEIVER ? Code.RECEIVER : Code.SENDER;
      return index(code, number(bytes, start + 1, length - 1));
    }
    return type == OLD_BYTES ? index(Code.DUPLEX, number(bytes, start, length)) : NONE;
  }

  private static long number(byte[] bytes, int start, int length) {
    return length == 4 ? Bytes.i32(bytes, start) & 0xffffffffL : Bytes.i64(bytes, start);
  }

  /** A reference that no stream can have is 0, which names none. */
  private static int index(Code code, long reference) {
    boolean possible = reference > 0 && reference <= ReferenceCodec.MAX_REFERENCE;
    return ReferenceCodec.index(code, possible ? (int) reference : 0);
  }

  @Override
  public @Nullable Object value(int type, byte[] bytes, int start, int length) {
    if (!isHead() || type != TIME) {
      return null;
    }
    try {
      long nanos = Bytes.i32(bytes, start + 8) & 0xffffffffL;
      return Instant.ofEpochSecond(Bytes.i64(bytes, start), nanos);
    } catch (DateTimeException | ArithmeticException e) {
      return null; // a time that Java does not know is like an unknown extension
    }
  }

  /** The extension for an attachment or a time, with its code. */
  byte[] bytes(Object value, Outgoing message) throws ChannelException {
    if (value instanceof Instant time && isHead()) {
      return ByteBuffer.allocate(3 + TIME_BYTES)
          .put((byte) 0xc7)
          .put((byte) TIME_BYTES)
          .put((byte) TIME)
          .putLong(time.getEpochSecond())
          .putInt(time.getNano())
          .array();
    }
    if (!(value instanceof AttachmentReference attachment)) {
      throw message.refuse(
          Malformed.value("SPDY-24", "this dialect has no extension for " + value.getClass()));
    }
    Code code = ReferenceCodec.code(attachment.index());
    int reference = ReferenceCodec.reference(attachment.index());
    if (isHead() || !code.isChannel()) {
      int type = isHead() ? code.number() : OLD_BYTES;
      return ByteBuffer.allocate(6).put((byte) 0xd6).put((byte) type).putInt(reference).array();
    }
    return ByteBuffer.allocate(8)
        .put((byte) 0xc7)
        .put((byte) 5)
        .put((byte) OLD_CHANNEL)
        .put((byte) (code == Code.RECEIVER ? OLD_RECEIVER : OLD_SENDER))
        .putInt(reference)
        .array();
  }
}
