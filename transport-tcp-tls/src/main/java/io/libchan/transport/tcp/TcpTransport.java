package io.libchan.transport.tcp;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.netty.TcpOptions;
import io.libchan.transport.netty.sockets.Address;
import io.libchan.transport.netty.sockets.Dialer;
import io.libchan.transport.netty.sockets.Handshake;
import io.libchan.transport.netty.sockets.Listening;
import io.libchan.transport.netty.sockets.Protocol;
import io.netty.channel.Channel;
import java.net.URI;
import java.util.Set;

/**
 * Connections over TCP: {@code tcp://host:port}, and {@code tls://host:port} with TLS 1.3 or 1.2.
 * See {@link TcpOptions} and {@link TlsOptions}.
 *
 * <p>Closing ends our direction, then waits for the peer to end its own, at most {@link
 * Options#closeTimeout()}, so that no reset destroys what the peer has not read yet. An end without
 * the peer's goodbye is an error over TLS (a truncation) and cannot be told from a close over plain
 * TCP.
 *
 * <p>Thread-safe.
 */
public final class TcpTransport implements Transport {
  private static final Protocol PROTOCOL = new Protocol("libchan/1", "libchan");

  /** Made by {@link java.util.ServiceLoader}. */
  public TcpTransport() {}

  @Override
  public Set<String> schemes() {
    return Set.of("tcp", "tls");
  }

  @Override
  public Connection connect(URI uri, Options options) throws ConnectFailed, InterruptedException {
    Address address = Address.of(uri);
    return new Dialer<>(address, options, PROTOCOL, channel -> handshake(channel, address, options))
        .connect();
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor)
      throws ConnectFailed, InterruptedException {
    Address address = Address.of(uri);
    return new Listening<>(
            address,
            options,
            PROTOCOL,
            channel -> handshake(channel, address, options),
            acceptor::accepted)
        .bind();
  }

  private static Handshake<SocketConnection> handshake(
      Channel channel, Address address, Options options) {
    return new SocketConnection(channel, options, address.isTls());
  }
}
