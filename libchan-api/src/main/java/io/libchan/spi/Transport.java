package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Options;
import java.net.URI;
import java.util.EnumSet;
import java.util.Set;

/**
 * Makes connections for some URI schemes. Found through {@link java.util.ServiceLoader}.
 *
 * <p>A transport moves bytes and never acts on their meaning. It reports a broken connection as
 * broken: an end of input that the other side did not make in good order is an error.
 *
 * <p>Thread-safe.
 */
public interface Transport {
  /** What a transport can do with its schemes. */
  enum Role {
    /** {@link Transport#connect} works. */
    CONNECT,
    /** {@link Transport#listen} works. */
    LISTEN
  }

  /** The URI schemes, in lower case. */
  Set<String> schemes();

  /**
   * What it can do; everything by default. Where client and server of a scheme need different
   * libraries they are two artifacts with one role each, and the method of the other role throws
   * {@link UnsupportedOperationException}; it is never called by {@link Services}.
   */
  default Set<Role> roles() {
    return EnumSet.allOf(Role.class);
  }

  /**
   * Whether these options ask for this transport, where several connect to a scheme: if one of them
   * holds what only this one understands, such as the application's own client. False by default.
   */
  default boolean isChosenBy(Options options) {
    return false;
  }

  /**
   * Connects, waiting no longer than {@link Options#connectTimeout()}; TLS and other handshakes of
   * the transport are done when this returns.
   *
   * @throws io.libchan.ConnectFailed with one clear line for people; nothing is left open
   * @throws InterruptedException if interrupted; nothing is left open
   * @throws IllegalArgumentException if the URI is malformed
   */
  Connection connect(URI uri, Options options) throws ChannelException, InterruptedException;

  /**
   * Listens and hands each connection, once its transport handshake is done, to the acceptor.
   *
   * @throws io.libchan.ConnectFailed if the address can't be bound
   */
  Bound listen(URI uri, Options options, Acceptor acceptor)
      throws ChannelException, InterruptedException;

  /** Takes accepted connections. Never blocks. */
  @FunctionalInterface
  interface Acceptor {
    /** A new connection, not started yet. */
    void accepted(Connection connection);
  }

  /** A bound address. */
  interface Bound {
    /** The address that peers connect to, with the real port. */
    URI uri();

    /** Stops accepting and frees the address; accepted connections live on. Idempotent. */
    void close();
  }
}
