package io.libchan.transport.unix;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport;
import java.net.URI;
import java.util.Set;

/**
 * Connections over Unix sockets: {@code unix:/path}, or {@code unix:@name} in the abstract
 * namespace of Linux. See {@link UnixOptions}; the peer is a {@link UnixPeer}.
 *
 * <p>Two platform threads serve each connection.
 *
 * <p>Thread-safe.
 */
public final class UnixTransport implements Transport {
  /** Made by {@link java.util.ServiceLoader}. */
  public UnixTransport() {}

  @Override
  public Set<String> schemes() {
    return Set.of("unix");
  }

  @Override
  public Connection connect(URI uri, Options options) throws ConnectFailed, InterruptedException {
    UnixAddress address = UnixAddress.of(uri);
    Natives.check();
    return new Dialer(address, options).connect();
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor)
      throws ConnectFailed, InterruptedException {
    UnixAddress address = UnixAddress.of(uri);
    Natives.check();
    return new Listening(
            address,
            options,
            (socket, peer) -> acceptor.accepted(new UnixConnection(socket, peer, options)))
        .bind();
  }

  static UnixOptions unixOptions(Options options) {
    UnixOptions found = options.find(UnixOptions.class);
    return found == null ? UnixOptions.DEFAULTS : found;
  }
}
