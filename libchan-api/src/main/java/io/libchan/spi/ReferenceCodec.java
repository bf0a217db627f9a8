package io.libchan.spi;

import io.libchan.Limits;
import java.lang.reflect.Type;

/**
 * The message encoding of the Go reference, which is msgpack with rules of its own: spec/spdy.md,
 * section 3. Found through {@link java.util.ServiceLoader}. Not a {@link Codec}, as no peer of wire
 * 1 may be offered it.
 *
 * <p>The reference writes an attachment into the value, as an extension whose type is the
 * attachment's {@link Code} and whose bytes are its stream's reference. So the index that {@link
 * Codec.Attachments#add} gives to such a format, and that {@link Codec.Claims#take} gets from it,
 * is both of them in one number.
 *
 * <p>Thread-safe.
 */
public interface ReferenceCodec {
  /** The largest reference that has an index; no session has as many streams. */
  int MAX_REFERENCE = (1 << 28) - 1;

  /** What an attachment is, from the point of view of the message's receiver. Rule SPDY-13. */
  enum Code {
    /** A byte stream to read from and write to. */
    DUPLEX(1),
    /** A byte stream to write to. */
    WRITER(2),
    /** A byte stream to read from. */
    READER(3),
    /** A sending end. */
    SENDER(4),
    /** A receiving end. */
    RECEIVER(5);

    private static final Code[] BY_NUMBER = values();
    private final int number;

    Code(int number) {
      this.number = number;
    }

    /** The extension type of dialect {@link ReferenceDialect#HEAD}. */
    public int number() {
      return number;
    }

    /** The code of a number, which must be one of them. */
    public static Code of(int number) {
      return BY_NUMBER[number - 1];
    }

    /** Whether there is a code of this number. */
    public static boolean isOne(int number) {
      return number >= 1 && number <= BY_NUMBER.length;
    }

    /** Whether it is an end of a channel. */
    public boolean isChannel() {
      return this == SENDER || this == RECEIVER;
    }
  }

  /**
   * How messages of one type are written and read in one dialect.
   *
   * @throws IllegalArgumentException if the type can't be carried at all
   */
  Codec.Format format(Type type, Limits limits, ReferenceDialect dialect);

  /**
   * The index of an attachment.
   *
   * @param reference of its stream, 1..{@value #MAX_REFERENCE}
   */
  static int index(Code code, int reference) {
    return code.number() << 28 | reference;
  }

  /** The code of an index. */
  static Code code(int index) {
    return Code.of(index >>> 28);
  }

  /** The reference of an index. */
  static int reference(int index) {
    return index & MAX_REFERENCE;
  }
}
