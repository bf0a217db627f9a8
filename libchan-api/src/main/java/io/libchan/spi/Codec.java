package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Limits;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * Turns one message into bytes and back. Found through {@link java.util.ServiceLoader}. Never does
 * I/O and knows no transport.
 *
 * <p>Channel ends, byte streams and other attachments inside a message are handed to {@link
 * Attachments}; the bytes name them only by the index that it gives. User data can never imitate
 * such an index.
 *
 * <p>Thread-safe.
 */
public interface Codec {
  /** The name on the wire, such as {@code msgpack}. */
  String name();

  /**
   * The format of one message type. The engine keeps it, so this may be slow.
   *
   * @param type a class or a generic type
   * @param limits what a received message may cost
   * @throws IllegalArgumentException if the codec can't carry this type at all
   */
  Format format(Type type, Limits limits);

  /** How messages of one type are written and read. Thread-safe. */
  interface Format {
    /**
     * Writes a message.
     *
     * @throws io.libchan.MessageRejected if the message can't be written
     * @throws io.libchan.LimitExceeded if the output refuses to grow
     */
    void encode(Object message, Attachments attachments, EncodeBuffer out) throws ChannelException;

    /**
     * Reads a message that fills exactly this range. Costs no memory before a limit was checked.
     *
     * @param bytes holds the message, and before and behind it other messages, which other threads
     *     may be reading; never changed, and not kept when this returns
     * @param offset where the message begins
     * @param length how many bytes it has
     * @param claims where its attachments are
     * @return the message
     * @throws io.libchan.MessageRejected if the bytes are well formed but do not fit the type
     * @throws io.libchan.LimitExceeded if the message is over a limit
     * @throws io.libchan.ProtocolViolation if the bytes are malformed
     */
    Object decode(byte[] bytes, int offset, int length, Claims claims) throws ChannelException;
  }

  /** Collects the attachments of a message while it is written. Used by one thread. */
  interface Attachments {
    /**
     * Adds a {@link io.libchan.Sender}, {@link io.libchan.Receiver}, {@link io.libchan.ByteStream},
     * {@link io.libchan.FileHandle}, {@link java.io.InputStream} or {@link java.io.OutputStream}.
     *
     * @return its index in this message, from 0
     * @throws IllegalStateException if it was sent away before
     * @throws IllegalArgumentException if it can't be attached, or is in this message already
     * @throws io.libchan.LimitExceeded if the message has too many
     */
    int add(Object end) throws ChannelException;
  }

  /** Gives out the attachments of a message while it is read. Used by one thread. */
  interface Claims {
    /**
     * Takes an attachment.
     *
     * @param index as written by the peer
     * @param as {@code Sender}, {@code Receiver}, {@code ByteStream}, {@code FileHandle}, {@code
     *     InputStream}, {@code OutputStream}, or {@code Object} for whatever it is
     * @param element the element type of a channel end; null where unknown: {@code Object}
     * @throws io.libchan.MessageRejected if there is none with this index, it is of another kind,
     *     or was taken already
     */
    Object take(int index, Class<?> as, @Nullable Type element) throws ChannelException;
  }
}
