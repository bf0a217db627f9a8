package io.libchan.codec.msgpack;

import io.libchan.ChannelException;
import io.libchan.codec.jackson.Bytes;
import io.libchan.spi.EncodeBuffer;
import java.util.Arrays;

/**
 * The bytes that come before a field's value: its name, and the map's header if it is the first. As
 * a record, since the JVM then takes its parts for constants where the key is one.
 *
 * <p>Thread-safe: immutable, as nobody changes the array.
 *
 * @param bytes all of them
 * @param size how many these are
 * @param head the first eight, or fewer with zeros behind them
 * @param mask the bits of {@code head} that count
 * @param tail the last eight if there are more than eight
 */
@SuppressWarnings("ArrayRecordComponent") // it is never compared as a record
record Key(byte[] bytes, int size, long head, long mask, long tail) {
  private static final int EIGHT = Long.BYTES;

  /** The key of a field. */
  static Key of(String name) {
    return of(0, name);
  }

  /** The key of the first of so many fields. */
  static Key ofFirst(int count, String name) {
    return of(count, name);
  }

  private static Key of(int count, String name) {
    EncodeBuffer out = new EncodeBuffer(Integer.MAX_VALUE);
    try {
      FieldWriter writer = FieldWriter.to(out, 0);
      if (count > 0) {
        writer.map(count);
      }
      writer.text(name);
      writer.finish(none -> 0);
    } catch (ChannelException e) {
      throw new IllegalStateException(e); // no memory for a name
    }
    return of(Arrays.copyOf(out.array(), out.length()));
  }

  private static Key of(byte[] bytes) {
    int size = bytes.length;
    return size < EIGHT
        ? new Key(bytes, size, Bytes.i64(Arrays.copyOf(bytes, EIGHT), 0), -1L << (64 - 8 * size), 0)
        : new Key(bytes, size, Bytes.i64(bytes, 0), -1, Bytes.i64(bytes, size - EIGHT));
  }

  /** Bytes that {@link #put} may touch. */
  int room() {
    return Math.max(size, EIGHT);
  }

  /** Whether these bytes are the key; there must be so many. */
  boolean is(byte[] other, int from) {
    if (size <= 2 * EIGHT && from + EIGHT <= other.length) {
      return (Bytes.i64(other, from) & mask) == head
          && (size <= EIGHT || Bytes.i64(other, from + size - EIGHT) == tail);
    }
    return Arrays.equals(bytes, 0, size, other, from, from + size);
  }

  /** Writes the key, and zeros after it if it is shorter than eight bytes. */
  void put(byte[] to, int at) {
    if (size <= 2 * EIGHT) {
      Bytes.put64(to, at, head);
      if (size > EIGHT) {
        Bytes.put64(to, at + size - EIGHT, tail);
      }
    } else {
      System.arraycopy(bytes, 0, to, at, size);
    }
  }
}
