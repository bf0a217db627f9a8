package io.libchan.transport.netty.sockets;

import io.netty.channel.ChannelHandler;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;

/**
 * What a transport makes of a socket.
 *
 * @param <C> what comes out of a handshake that succeeded
 */
public interface Handshake<C> {
  /**
   * Puts itself into the pipeline. Called once, on the event loop.
   *
   * @param tls what does TLS there; null on a plain socket
   */
  void install(@Nullable ChannelHandler tls);

  /** Done when the handshake is, also that of TLS; fails if it does. */
  Promise<C> ready();

  /** Gives up, at once. Idempotent, any thread. */
  void abort();
}
