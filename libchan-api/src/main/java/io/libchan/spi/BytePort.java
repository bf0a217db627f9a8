package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Reason;
import org.jspecify.annotations.Nullable;

/**
 * One end of a byte stream, without blocking.
 *
 * <p>Thread-safe.
 */
public interface BytePort {
  /** What {@link #read} and {@link #write} return if another port has taken this one's place. */
  int SUPERSEDED = -2;

  /**
   * Reads what is there.
   *
   * @return the number of bytes, 0 if there is none now, −1 at the end, or {@link #SUPERSEDED}
   * @throws ChannelException if input ended uncleanly
   */
  int read(byte[] into, int offset, int length) throws ChannelException;

  /**
   * Writes what fits.
   *
   * @return the number of bytes, 0 if none fits now, or {@link #SUPERSEDED}
   * @throws ChannelException if the stream ended
   */
  int write(byte[] from, int offset, int length) throws ChannelException;

  /** The bytes that can be read now. */
  int available();

  /** Signals the waiter once {@link #read} may do something; at once if so now. */
  void awaitReadable(Waiter waiter);

  /** Signals the waiter once {@link #write} may do something; at once if so now. */
  void awaitWritable(Waiter waiter);

  /** Forgets the waiter; one that was signalled in vain passes its turn on. */
  void cancel(Waiter waiter);

  /** The end of output: the peer's input ends after what was written. Idempotent. */
  void closeOutput();

  /** Nobody will read here: the peer is told to stop writing. Idempotent. */
  void closeInput(Reason reason);

  /** Ends both directions now. The first reason counts. */
  void reset(Reason reason);

  /** Why nobody reads what is written here, while the other direction may go on; null if not so. */
  default @Nullable Reason refused() {
    return null;
  }

  /** Whether both directions have ended or failed. */
  default boolean isOver() {
    return false;
  }

  /** The port that {@link #write} goes to, or {@link #read} comes from, once it is superseded. */
  default @Nullable BytePort successor() {
    return null;
  }

  /**
   * Takes what was buffered for an end that goes on here, before anything is written, whatever room
   * there is. Wakes nobody: {@link #adopted} does.
   *
   * @throws ChannelException if the stream ended
   */
  default void adopt(byte[] buffered) throws ChannelException {
    throw new UnsupportedOperationException("not made for being sent away: " + this);
  }

  /** Nothing more is adopted. */
  default void adopted() {}

  /**
   * From now on nobody but a relay uses this port: it is signalled whenever there may be something
   * to read, room to write, or an end.
   *
   * @param relay null: whoever uses the port waits as before
   */
  default void relayedBy(@Nullable Waiter relay) {
    throw new UnsupportedOperationException("not made for being relayed: " + this);
  }

  /**
   * What was not read here goes to another port from now on, and what comes from there goes out
   * here; nobody else uses this port any more.
   */
  default void relayTo(BytePort target) {
    throw new UnsupportedOperationException("not made for being sent away: " + this);
  }
}
