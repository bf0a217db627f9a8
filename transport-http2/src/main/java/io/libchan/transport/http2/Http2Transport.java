package io.libchan.transport.http2;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport;
import io.libchan.transport.http2.common.Carrier;
import io.libchan.transport.http2.common.requests.Target;
import io.libchan.transport.netty.sockets.Address;
import io.libchan.transport.netty.sockets.Listening;
import java.net.URI;
import java.util.List;
import java.util.Set;

/**
 * Sessions over HTTP/2: {@code http://host:port/path} by prior knowledge, and {@code
 * https://host:port/path} with TLS and ALPN. See {@link Http2Options}, and {@link
 * io.libchan.tls.TlsOptions}.
 *
 * <p>Each stream of a session is a request, or all share one, as {@link Http2Options#carrier} or
 * the URI's query {@code carrier=single} says. User and password of the URI are sent as {@code
 * Basic} credentials.
 *
 * <p>Thread-safe.
 */
public final class Http2Transport implements Transport {
  /** Made by {@link java.util.ServiceLoader}. */
  public Http2Transport() {}

  @Override
  public Set<String> schemes() {
    return Set.of("http", "https");
  }

  @Override
  public Connection connect(URI uri, Options options) throws ConnectFailed, InterruptedException {
    Target target = Target.of(uri);
    Carrier chosen = target.carrier();
    Carrier carrier = chosen == null ? Http2Options.of(options).carrier() : chosen;
    ClientSession session = new ClientSession(target, carrier, options);
    session.connect();
    return carrier == Carrier.SINGLE ? session.open() : session;
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor)
      throws ConnectFailed, InterruptedException {
    Target target = Target.of(uri);
    return new Listening(address(target), options, target::uri, List.of(new Http2Wire()), acceptor)
        .bind();
  }

  static Address address(Target target) {
    return new Address(target.scheme(), target.host(), target.port());
  }
}
