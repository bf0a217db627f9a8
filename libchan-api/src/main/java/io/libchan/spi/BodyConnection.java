package io.libchan.spi;

import io.libchan.Reason;

/**
 * What a session is to a transport whose streams each ride on a two-way byte body of their own: an
 * HTTP/2 request and its response, for instance. The engine says in the bodies all that it has to
 * say (which stream a body carries, its end, its reset, credit, signs of life), so that nothing is
 * asked of the transport, or of proxies in between, but to carry bytes both ways at once. Rules
 * BOD-1 to BOD-21.
 *
 * <p><b>A body</b> is a {@link ByteConnection}, with these things to add to its contract:
 *
 * <ul>
 *   <li>{@link ByteConnection#start} is called by the engine soon after {@link #open}, and inside
 *       {@link Handler#opened}.
 *   <li>The transport takes in what arrives at once and without end. A flow control of its own
 *       renews on receipt and lets at least {@link #MIN_WINDOW} bytes be under way on each body,
 *       and as many as all bodies together may need on what they share. The engine bounds memory by
 *       credit, which is never above that.
 *   <li>{@link ByteConnection#close} on the connecting side asks {@code fill} until it has nothing
 *       more, then ends the request. What still arrives is delivered until the peer has ended the
 *       body too; {@code closed(null)} follows then. If the peer does not within {@link
 *       io.libchan.Options#closeTimeout()}, {@code closed} comes with a cause.
 *   <li>The listening side never ends a body before the connecting side has: proxies then cut the
 *       other direction. When the connecting side's end arrives, the transport asks {@code fill}
 *       until it has nothing more, ends its own direction, and calls {@code closed(null)}. So
 *       {@link ByteConnection#close} does nothing there but bound the wait for that end, by {@link
 *       io.libchan.Options#closeTimeout()} too.
 *   <li>{@link ByteConnection#abort} may reset the body on the wire. The engine does so only where
 *       the peer does not behave or is gone.
 *   <li>{@code closed(cause)} tells every other end: a reset, a lost connection, an answer that is
 *       not the one awaited. A body that could not be opened ends so too. The engine treats it as
 *       the loss of the stream on it, and replaces what the session itself needs.
 *   <li>What {@code fill} gives is flushed at once, not gathered for more.
 * </ul>
 *
 * <p><b>The session.</b> The transport ties bodies together by a session id that the connecting
 * side chose at random (128 bits), and by the principal that each body proved to be. It makes as
 * many connections as it needs, follows their going away, and opens further ones. That it has no
 * connection for a while is nothing to tell: bodies end, new ones end too, or are opened late, and
 * the engine decides when the session has been without for too long ({@link
 * io.libchan.BodyOptions#grace()}).
 *
 * <p>Calls of one body's handler are ordered as {@link ByteConnection} says. Those of different
 * bodies, and of {@link Handler}, may come at the same time on any threads. None of them blocks,
 * and none is made while a lock of the transport is held, or from inside a call of the engine into
 * the transport.
 *
 * <p>Thread-safe.
 */
public non-sealed interface BodyConnection extends Connection {
  /** What a body's own flow control lets be under way at least, in bytes, in each direction. */
  int MIN_WINDOW = 512 * 1024;

  /** Starts. Called once; no handler call comes before it. */
  void start(Handler handler);

  /**
   * Opens a body; on the connecting side only. Never blocks and never throws because of the
   * network: a body that can't be opened ends by {@code closed(cause)} after its start. No more
   * than {@link Handler#capacity} are open at once. After {@link #close} and after {@link
   * Handler#lost} a body ends at once.
   */
  ByteConnection open();

  /**
   * The session is over for the engine: no body of it is opened or taken any more, and its id is
   * forgotten once the last one has ended. Bodies that are open are ended by the engine, one by
   * one, before or after this call. Idempotent, never blocks.
   *
   * @param reason what the peer is told where it opens a body all the same; the first one counts
   */
  void close(Reason reason);

  /** What the engine does with the connection. */
  interface Handler {
    /**
     * The peer opened a body; on the listening side only. The engine starts it, and gives it
     * something to write at once, as some proxies hold back an answer until its first byte.
     */
    void opened(ByteConnection body);

    /**
     * How many bodies this session may have open at once from now on, over all connections that the
     * transport is ready to make; on the connecting side only. Until the first call it is one.
     * Bodies beyond a smaller number live on. {@link Integer#MAX_VALUE} if nothing bounds it.
     */
    void capacity(int bodies);

    /**
     * The session can't go on: the peer's transport refused it (no such session, no right), or this
     * side's was shut down. Bodies may end before or after this. At most once; not for a broken
     * connection, which another may replace.
     *
     * @param reason what applications are told
     */
    void lost(Reason reason);
  }
}
