package io.libchan.core.yamux;

import io.libchan.spi.StreamHeaders;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads the preambles of a session. It remembers the last one of each direction: those
 * of the return channels of one channel's requests are alike but for the reference.
 *
 * <p>Thread-safe.
 */
final class Preambles {
  private static final int KIND_AT = 0;
  private static final int REFERENCE_AT = 1;
  private static final int HEADERS_AT = 9;
  private static final int LENGTH_BYTES = 2;

  /** What stood in a preamble, and its bytes, which nobody changes. */
  private record Seen(StreamHeaders headers, ByteBuffer bytes) {}

  private volatile @Nullable Seen written;
  private volatile @Nullable Seen read;

  /** The bytes of a preamble, with its length. */
  byte[] encode(StreamHeaders headers) {
    Seen last = written;
    if (last == null || !isAlike(last.headers, headers)) {
      byte[] bytes = Preamble.encode(headers);
      written = new Seen(headers, ByteBuffer.wrap(bytes));
      return bytes;
    }
    byte[] bytes = new byte[last.bytes.limit()];
    last.bytes.get(0, bytes);
    ByteBuffer.wrap(bytes).putLong(LENGTH_BYTES + REFERENCE_AT, headers.reference());
    return bytes;
  }

  private static boolean isAlike(StreamHeaders one, StreamHeaders other) {
    return one.kind() == other.kind()
        && one.parent() == other.parent()
        && one.capacity() == other.capacity()
        && one.name().equals(other.name())
        && Objects.equals(one.codec(), other.codec())
        && one.extra().equals(other.extra());
  }

  /**
   * Reads a preamble.
   *
   * @param bytes what follows the length; belongs to this from now on
   */
  StreamHeaders decode(ByteBuffer bytes) throws Preamble.Malformed {
    ByteBuffer whole = bytes.slice();
    Seen last = read;
    if (last != null && isAlike(last.bytes, whole)) {
      long reference = whole.getLong(REFERENCE_AT);
      if (reference > 0) {
        return with(reference, last.headers);
      }
    }
    StreamHeaders headers = Preamble.decode(bytes);
    read = new Seen(headers, whole);
    return headers;
  }

  private static boolean isAlike(ByteBuffer one, ByteBuffer other) {
    int length = one.limit();
    return length == other.limit()
        && one.get(KIND_AT) == other.get(KIND_AT)
        && one.slice(HEADERS_AT, length - HEADERS_AT)
            .equals(other.slice(HEADERS_AT, length - HEADERS_AT));
  }

  private static StreamHeaders with(long reference, StreamHeaders like) {
    return new StreamHeaders(
        reference,
        like.kind(),
        like.name(),
        like.codec(),
        like.capacity(),
        like.parent(),
        like.extra());
  }
}
