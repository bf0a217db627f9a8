package io.libchan.spi;

import io.libchan.Reason;
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

  /** Whether the stream's headers have left, so that a message may name it. */
  boolean announced();

  /**
   * Ends both directions now. Queued bytes are dropped; only {@link Handler#over} follows.
   * Idempotent.
   *
   * @param code the number of a {@link io.libchan.ReasonCode}, or an application's
   */
  void reset(int code);

  /**
   * Nothing that the peer still sends matters: the stream is over once this side has ended. For
   * wires where a peer may never end; does nothing elsewhere.
   */
  default void ignoreInput() {}

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
    /** Puts the next bytes to send into the target, which may have no room at all. */
    Left fill(ByteBuffer target);

    /** Bytes from the peer; consumed when this returns, and not kept. */
    void received(ByteBuffer bytes);

    /**
     * As {@link #received}, where more may be at hand: who is to be woken by these bytes may be
     * woken by {@link #receivedAll}, which follows soon, unless the stream or the connection ends.
     */
    default void receivedSome(ByteBuffer bytes) {
      received(bytes);
    }

    /** Nothing more is at hand for this stream. */
    default void receivedAll() {}

    /** The peer's direction ended in good order. */
    void peerEnded();

    /** The peer, or the mux, reset the stream: both directions are over. */
    void reset(int code);

    /**
     * What carried this stream was lost while the connection lives: both directions are over, as by
     * a reset.
     *
     * @param reason why, in words
     */
    default void lost(Reason reason) {
      reset(reason.number());
    }

    /**
     * Both directions are over and the mux has forgotten the stream: whatever opens next may take
     * its place in the peer's limit. Comes exactly once, last; not after the connection was lost.
     */
    void over();
  }
}
