package io.libchan.spi;

import java.nio.ByteBuffer;

/**
 * One stream of a {@link MuxConnection}.
 *
 * <p>Thread-safe.
 */
public interface MuxStream {
  /** There is something to write: {@link Handler#fill} is to be called soon. Cheap; any thread. */
  void wantWrite();

  /** The application took this many received bytes: the peer may send as many again. */
  void credit(int bytes);

  /**
   * Ends both directions now. Queued bytes are dropped; no event follows. Idempotent.
   *
   * @param code the number of a {@link io.libchan.ReasonCode}, or an application's
   */
  void reset(int code);

  /** What {@link Handler#fill} has left to write. */
  enum Left {
    /** Nothing now; {@link MuxStream#wantWrite} will be called when there is. */
    NOTHING,
    /** More than fitted. */
    MORE,
    /** Nothing, now or later: this direction ends after these bytes. */
    ENDED
  }

  /** The owner of a stream. */
  interface Handler {
    /** Puts the next bytes to send into the target, which has room for at least one byte. */
    Left fill(ByteBuffer target);

    /** Bytes from the peer; consumed when this returns, and not kept. */
    void received(ByteBuffer bytes);

    /** The peer's direction ended in good order. */
    void ended();

    /** The peer, or the mux, reset the stream: both directions are over. */
    void reset(int code);
  }
}
