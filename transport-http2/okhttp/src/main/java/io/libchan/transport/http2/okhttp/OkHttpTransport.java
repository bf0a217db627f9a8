package io.libchan.transport.http2.okhttp;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport;
import io.libchan.transport.http2.common.Carrier;
import io.libchan.transport.http2.common.requests.Target;
import java.net.URI;
import java.util.EnumSet;
import java.util.Set;

/**
 * Connects sessions over HTTP/2 by OkHttp: {@code http://host:port/path} by prior knowledge, and
 * {@code https://host:port/path} with TLS and ALPN. See {@link OkHttpOptions}, which also choose
 * this transport where the artifact {@code libchan-transport-http2} connects too.
 *
 * <p>Each stream of a session is a request, or all share one, as {@link OkHttpOptions#carrier} or
 * the URI's query {@code carrier=single} says. User and password of the URI are sent as {@code
 * Basic} credentials.
 *
 * <p><b>Threads.</b> OkHttp reads by blocking, so each request has a daemon thread for as long as
 * it is open, and a second one while it has something to write. They are named {@code
 * libchan-okhttp-host:port-number} and gone when the session is over; {@link
 * OkHttpOptions#maxRequests} bounds them. The dispatcher of OkHttp and its limits have no part in
 * it. OkHttp's own threads, one for each TCP connection, end with the session too, but for one or
 * two that it keeps idle for a minute.
 *
 * <p>Thread-safe.
 */
public final class OkHttpTransport implements Transport {
  /** Made by {@link java.util.ServiceLoader}. */
  public OkHttpTransport() {}

  @Override
  public Set<String> schemes() {
    return Set.of("http", "https");
  }

  @Override
  public Set<Role> roles() {
    return EnumSet.of(Role.CONNECT);
  }

  @Override
  public boolean isChosenBy(Options options) {
    return options.find(OkHttpOptions.class) != null;
  }

  @Override
  public Connection connect(URI uri, Options options) throws ConnectFailed, InterruptedException {
    Target target = Target.of(uri);
    Carrier chosen = target.carrier();
    Carrier carrier = chosen == null ? OkHttpOptions.of(options).carrier() : chosen;
    ClientSession session = new ClientSession(target, carrier, options);
    session.connect();
    return carrier == Carrier.SINGLE ? session.open() : session;
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor) {
    throw new UnsupportedOperationException(
        "listening is in the artifact io.libchan:libchan-transport-http2");
  }
}
