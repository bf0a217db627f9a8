package io.libchan.spi;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a stream is opened with. Rules PRE-1 to PRE-9.
 *
 * <p>Thread-safe: immutable.
 *
 * @param reference the number by which messages name the stream: odd from the connecting side, even
 *     from the listening side, never used twice by one side
 * @param kind what the stream carries
 * @param name the name of a top-level channel; empty for unnamed and for attachments
 * @param codec the codec of a channel's messages; null for byte streams and control
 * @param capacity the capacity of a channel, in messages
 * @param parent the reference of the channel whose message carries this stream; 0 for top-level
 * @param extra further headers, by key: those of a {@link StreamContext}
 */
public record StreamHeaders(
    long reference,
    Kind kind,
    String name,
    @Nullable String codec,
    int capacity,
    long parent,
    Map<Integer, String> extra) {
  /** The key in {@link #extra} of a file's position and size. Preamble header 8. */
  public static final int FILE_RANGE = 8;

  /** Copies the map. */
  public StreamHeaders {
    extra = Map.copyOf(extra);
  }

  /** What a stream carries, seen from the side that opens it. */
  public enum Kind {
    /** Hello, drain and session errors: the first stream, opened by the connecting side. */
    CONTROL(0),
    /** A channel on which the opener sends. */
    SENDING(1),
    /** A channel on which the opener receives. */
    RECEIVING(2),
    /** A two-way byte stream. */
    BYTES(3),
    /** A byte stream that only the opener writes. */
    BYTES_OUT(4),
    /** A byte stream that only the opener reads. */
    BYTES_IN(5),
    /** The bytes of a file, which only the opener writes. */
    FILE(6);

    private static final Kind[] BY_NUMBER = values();
    private final int number;

    Kind(int number) {
      this.number = number;
    }

    /** The number on the wire. */
    public int number() {
      return number;
    }

    /** The kind of a number; null where there is none. */
    public static @Nullable Kind of(int number) {
      return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
    }

    /** Whether it carries a channel. */
    public boolean isChannel() {
      return this == SENDING || this == RECEIVING;
    }
  }
}
