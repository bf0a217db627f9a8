package io.libchan.transport.tcp;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.netty.TcpOptions;
import io.libchan.transport.netty.sockets.Address;
import io.libchan.transport.netty.sockets.Dialer;
import io.libchan.transport.netty.sockets.Listening;
import io.libchan.transport.netty.sockets.WireServer;
import io.libchan.transport.netty.sockets.WireServers;
import java.net.URI;
import java.util.List;
import java.util.Set;

/**
 * Connections over TCP: {@code tcp://host:port}, and {@code tls://host:port} with TLS 1.3 or 1.2.
 * See {@link TcpOptions} and {@link TlsOptions}. A listener may serve other wires on the same port:
 * {@link TcpOptions#wires}.
 *
 * <p>Closing ends our direction, then waits for the peer to end its own, at most {@link
 * Options#closeTimeout()}, so that no reset destroys what the peer has not read yet. An end without
 * the peer's goodbye is an error over TLS (a truncation) and cannot be told from a close over plain
 * TCP.
 *
 * <p>Thread-safe.
 */
public final class TcpTransport implements Transport {
  /** Made by {@link java.util.ServiceLoader}. */
  public TcpTransport() {}

  @Override
  public Set<String> schemes() {
    return Set.of("tcp", "tls");
  }

  @Override
  public Connection connect(URI uri, Options options) throws ConnectFailed, InterruptedException {
    Address address = Address.of(uri);
    return new Dialer<SocketConnection>(
            address,
            options,
            TcpWire.PROTOCOL,
            (channel, linger, peer) -> SocketConnection.begin(channel, linger, peer, options))
        .connect();
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor)
      throws ConnectFailed, InterruptedException {
    Address address = Address.of(uri);
    List<WireServer> wires = WireServers.of(options, new TcpWire());
    String path = wires.size() == 1 ? "" : uri.getRawPath(); // it is HTTP/2's
    return new Listening(
            address,
            options,
            port -> URI.create(address.withPort(port).uri() + path),
            wires,
            acceptor)
        .bind();
  }
}
