package io.libchan.spi;

import io.libchan.LimitExceeded;
import io.libchan.Reason;
import java.io.OutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where a codec writes a message: a growing array with a limit.
 *
 * <p>Not thread-safe.
 */
public final class EncodeBuffer extends OutputStream {
  private static final int FIRST_BYTES = 512;
  private static final int KEPT_BYTES = 64 * 1024;

  private final int maxBytes;
  private final int headroom;
  private byte[] bytes = new byte[FIRST_BYTES];
  private int length;
  private @Nullable Object kept;

  /**
   * An empty buffer.
   *
   * @param maxBytes the limit named {@code message-bytes}
   */
  public EncodeBuffer(int maxBytes) {
    this(maxBytes, 0);
  }

  /**
   * An empty buffer with room in front of the message.
   *
   * @param maxBytes the limit named {@code message-bytes}
   * @param headroom bytes kept free in front; {@link #length()} counts them
   */
  public EncodeBuffer(int maxBytes, int headroom) {
    this.maxBytes = maxBytes;
    this.headroom = headroom;
    this.length = headroom;
  }

  @Override
  public void write(int value) throws LimitExceeded {
    ensure(1);
    bytes[length++] = (byte) value;
  }

  @Override
  public void write(byte[] from, int offset, int count) throws LimitExceeded {
    ensure(count);
    System.arraycopy(from, offset, bytes, length, count);
    length += count;
  }

  /**
   * Makes room for so many more bytes, for writing them into {@link #array()} at {@link #length()}
   * and then {@link #advance}.
   */
  public void ensure(int count) throws LimitExceeded {
    int wanted = length + count;
    if (wanted < 0 || wanted - headroom > maxBytes) {
      throw new LimitExceeded(
          Reason.limit("message-bytes", "the message has more than " + maxBytes + " bytes"));
    }
    if (wanted > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(wanted, 2 * bytes.length));
    }
  }

  /** Counts bytes that were written into {@link #array()} directly. */
  public void advance(int count) {
    length += count;
  }

  /** The array; replaced when it grows. */
  public byte[] array() {
    return bytes;
  }

  /** The number of bytes written. */
  public int length() {
    return length;
  }

  /** What a codec has kept here; null if nothing. It may be another codec's. */
  public @Nullable Object kept() {
    return kept;
  }

  /** Keeps what a codec would else make again for each message, such as a writer to this buffer. */
  public void keep(Object writer) {
    kept = writer;
  }

  /** Empties the buffer for the next message; a very large array is given up. */
  public void clear() {
    if (bytes.length > KEPT_BYTES) {
      release();
    } else {
      length = headroom;
    }
  }

  /**
   * Gives the array up: it is the caller's, with {@link #length()} of before. The buffer is empty.
   */
  public void release() {
    kept = null; // it may know the array
    length = headroom;
    bytes = new byte[FIRST_BYTES];
  }
}
