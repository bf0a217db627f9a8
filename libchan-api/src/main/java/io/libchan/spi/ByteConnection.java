package io.libchan.spi;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One reliable, ordered, two-way byte pipe.
 *
 * <p>Writing is pulled: the engine says {@link #wantWrite} and the connection calls {@link
 * Handler#fill} when, and only when, it can write more. So a connection never queues more than one
 * batch, everything that became ready meanwhile goes out in one write, and the engine decides at
 * the last moment which stream is served. Reading is pushed and never stops: the engine bounds
 * memory by credit.
 *
 * <p>Calls of {@code received} and {@code closed} come one after the other, calls of {@code fill}
 * too; the two may overlap. None of them blocks. No lock of the connection is held during a call.
 *
 * <p>Thread-safe.
 */
public non-sealed interface ByteConnection extends Connection {
  /** Starts reading and writing. Called once; no handler call comes before it. */
  void start(Handler handler);

  /**
   * There is something to write: {@link Handler#fill} is to be called soon, or is called here by a
   * connection that writes a little at once. Cheap, never waits for the peer; any thread, which
   * holds no lock that {@code fill} needs. From within {@code fill} and {@code received} too,
   * during which {@code fill} is not called here.
   */
  void wantWrite();

  /**
   * Closes in good order: asks {@code fill} until it has nothing more, writes that out (for a
   * bounded time), then closes; {@link Handler#closed} follows. Idempotent, never blocks.
   */
  void close();

  /** Closes at once; {@link Handler#closed} follows. Idempotent, never blocks. */
  void abort();

  /** What the engine does with a connection. */
  interface Handler {
    /**
     * Puts the next bytes to write into the target.
     *
     * @param target has room for at least 128 bytes; 64 KiB or more are best
     * @return whether there is more to write
     */
    boolean fill(ByteBuffer target);

    /** Bytes from the peer; consumed when this returns, and not kept. */
    void received(ByteBuffer bytes);

    /**
     * As {@link #received}, where the connection goes on reading without waiting for the peer: who
     * is to be woken by these bytes may be woken by {@link #receivedAll}, which follows soon,
     * whatever else comes, unless {@link #closed} does. Threads are then woken once for all of it.
     */
    default void receivedSome(ByteBuffer bytes) {
      received(bytes);
    }

    /** Nothing more is read for now. */
    default void receivedAll() {}

    /**
     * The connection is closed, whoever closed it. Comes exactly once, last.
     *
     * @param cause why; null if one side closed in good order. The reason of a {@link
     *     io.libchan.ChannelException} becomes that of the session, any other exception the text of
     *     {@link io.libchan.ReasonCode#CONNECTION_LOST}
     */
    void closed(@Nullable IOException cause);
  }
}
