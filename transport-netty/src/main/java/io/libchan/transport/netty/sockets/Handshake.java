package io.libchan.transport.netty.sockets;

import io.libchan.PeerInfo;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;

/**
 * What a transport makes of a socket.
 *
 * @param <C> what comes out of a handshake that succeeded
 */
@FunctionalInterface
public interface Handshake<C> {
  /**
   * Takes over a socket that is connected and, with TLS, secured: puts its handlers at the end of
   * the pipeline. Called once for each socket, on its event loop.
   *
   * @param linger the first handler in the pipeline
   * @param peer what the socket and TLS prove
   * @return done when the transport's own greeting is; fails if that does, and when the socket is
   *     closed before
   * @throws Exception if the socket can't be used; it is closed then
   */
  Future<C> begin(Channel channel, Linger linger, PeerInfo peer) throws Exception;
}
