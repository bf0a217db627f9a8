package io.libchan.transport.spdy;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport;
import io.libchan.transport.netty.sockets.Address;
import io.libchan.transport.netty.sockets.Dialer;
import io.libchan.transport.netty.sockets.Listening;
import java.net.URI;
import java.util.List;
import java.util.Set;

/**
 * Sessions with programs that use the Go reference: {@code spdy://host:port}, and {@code
 * spdys://host:port} with TLS, without ALPN. See {@link SpdyOptions}, and the options of sockets
 * and TLS of {@code libchan-transport-netty}.
 *
 * <p>The wire has no credit, reasons or names: docs/go-reference.md says what that means. Rules
 * SPDY-1 to SPDY-24.
 *
 * <p>Thread-safe.
 */
public final class SpdyTransport implements Transport {
  /** Made by {@link java.util.ServiceLoader}. */
  public SpdyTransport() {}

  @Override
  public Set<String> schemes() {
    return Set.of("spdy", "spdys");
  }

  @Override
  public Connection connect(URI uri, Options options) throws ConnectFailed, InterruptedException {
    Address address = Address.of(uri);
    return new Dialer<SpdyConnection>(
            address,
            options,
            SpdyWire.PROTOCOL,
            (channel, linger, peer) -> SpdyConnection.begin(channel, linger, peer, options, true))
        .connect();
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor)
      throws ConnectFailed, InterruptedException {
    Address address = Address.of(uri);
    return new Listening(
            address,
            options,
            port -> address.withPort(port).uri(),
            List.of(new SpdyWire()),
            acceptor)
        .bind();
  }
}
