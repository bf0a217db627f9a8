package io.libchan.transport.netty.sockets;

import io.libchan.Options;
import io.libchan.spi.Transport.Acceptor;
import io.libchan.transport.netty.TcpOptions.Wire;
import java.net.URI;

/**
 * Serves a wire on accepted sockets. Each transport on Netty has one; a listener of several wires
 * finds those of the others by {@link java.util.ServiceLoader}.
 *
 * <p>Thread-safe.
 */
public interface WireServer {
  /** Which wire. */
  Wire wire();

  /** How it is known on a socket. */
  Protocol protocol();

  /**
   * Serves it at one listener.
   *
   * @param uri where it listens, in whichever scheme
   * @param options the listener's
   * @param acceptor takes the connections of the engine that come of it
   */
  Served<?> serve(URI uri, Options options, Acceptor acceptor);

  /**
   * A wire at one listener: the handshake of its sockets, and what follows. Thread-safe.
   *
   * @param <C> what comes out of a handshake
   */
  interface Served<C> extends Handshake<C> {
    /** A handshake succeeded, and the listener was not closed meanwhile. */
    void accepted(C ready);

    /** The listener is closed; what was accepted lives on. */
    default void close() {}
  }
}
