package io.libchan.transport.websocket.client;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport;
import io.libchan.transport.websocket.internal.Address;
import java.net.URI;
import java.util.EnumSet;
import java.util.Set;

/**
 * Connects to {@code ws://host:port/path}, and {@code wss://} with TLS. See {@link
 * WebSocketClientOptions} and {@link io.libchan.tls.TlsOptions}.
 *
 * <p>Closing sends a close frame and waits for the peer's, at most {@link Options#closeTimeout()}.
 * A connection that ends without one is broken, as is one that the peer closes with any code but
 * 1000.
 *
 * <p>Thread-safe.
 */
public final class WebSocketClientTransport implements Transport {
  /** Made by {@link java.util.ServiceLoader}. */
  public WebSocketClientTransport() {}

  @Override
  public Set<String> schemes() {
    return Set.of("ws", "wss");
  }

  @Override
  public Set<Role> roles() {
    return EnumSet.of(Role.CONNECT);
  }

  @Override
  public Connection connect(URI uri, Options options) throws ConnectFailed, InterruptedException {
    return new Dialer(Address.of(uri), options).connect();
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor) {
    throw new UnsupportedOperationException(
        "listening is in the artifact io.libchan:libchan-transport-websocket-server");
  }
}
