package io.libchan.transport.websocket.server;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport;
import io.libchan.transport.websocket.internal.Address;
import java.net.URI;
import java.util.EnumSet;
import java.util.Set;

/**
 * Listens at {@code ws://host:port/path}, and {@code wss://} with TLS, in a Jetty server of its
 * own. A request for another path is answered 404. See {@link WebSocketServerOptions} and {@link
 * io.libchan.tls.TlsOptions}; for a Jetty server that is there already see {@link JettyEndpoint}
 * and {@link ServletEndpoint}.
 *
 * <p>Thread-safe.
 */
public final class WebSocketServerTransport implements Transport {
  /** Made by {@link java.util.ServiceLoader}. */
  public WebSocketServerTransport() {}

  @Override
  public Set<String> schemes() {
    return Set.of("ws", "wss");
  }

  @Override
  public Set<Role> roles() {
    return EnumSet.of(Role.LISTEN);
  }

  @Override
  public Connection connect(URI uri, Options options) {
    throw new UnsupportedOperationException(
        "connecting is in the artifact io.libchan:libchan-transport-websocket-client");
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor) throws ConnectFailed {
    return new OwnServer(Address.of(uri), options, acceptor).bind();
  }
}
