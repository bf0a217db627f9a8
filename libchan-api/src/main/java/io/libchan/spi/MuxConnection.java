package io.libchan.spi;

import io.libchan.Reason;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection that carries many streams: two-way, ordered within each, flow-controlled each on its
 * own, opened by either side with a few headers.
 *
 * <p>Handler calls for one connection come one after the other, {@link MuxStream.Handler#fill}
 * calls too; the two may overlap. None of them blocks. A message may overtake the opening of a
 * stream that it names; the engine copes.
 *
 * <p>Thread-safe.
 */
public non-sealed interface MuxConnection extends Connection {
  /** Starts. Called once; no handler call comes before it. */
  void start(Handler handler);

  /**
   * Opens a stream. Its headers leave before anything that is sent on any stream later.
   *
   * @param headers what the peer's {@link Handler#opened} gets
   * @param owner makes who gets the stream's events; called once, before any of them
   */
  MuxStream open(StreamHeaders headers, Function<MuxStream, MuxStream.Handler> owner);

  /**
   * As {@link #open}, for a stream that a message is to name: its headers may wait until {@link
   * MuxStream#wantWrite} is called on the message's stream, which is to follow soon, so that the
   * two leave together.
   */
  default MuxStream openNamed(StreamHeaders headers, Function<MuxStream, MuxStream.Handler> owner) {
    return open(headers, owner);
  }

  /**
   * How many streams the peer may have open; more are refused with {@code LIMIT}. Until the first
   * call it is the limit named {@code unauthenticated-streams}.
   */
  void limitStreams(int count);

  /**
   * Closes in good order once everything that streams have to write was written; {@link
   * Handler#lost} follows. Idempotent, never blocks.
   */
  void close();

  /**
   * Closes at once and tells the peer why as far as the wire can; {@link Handler#lost} follows with
   * this reason. Idempotent, never blocks.
   */
  void abort(Reason reason);

  /**
   * Which wire of the Go reference the streams carry; null, the default: wire 1. Whether there is
   * one never changes; which one may, until the peer's first stream has come.
   */
  default @Nullable ReferenceDialect dialect() {
    return null;
  }

  /** What the engine does with a connection. */
  interface Handler {
    /**
     * The peer opened a stream. Its headers were checked for form, not for meaning.
     *
     * @return who gets the stream's events
     */
    MuxStream.Handler opened(MuxStream stream, StreamHeaders headers);

    /**
     * The connection is gone. Comes exactly once, last; streams get no event of their own.
     *
     * @param reason why; {@link io.libchan.ReasonCode#SESSION_CLOSED} if in good order
     */
    void lost(Reason reason);
  }
}
