package io.libchan.transport.websocket.server;

import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.Transport.Acceptor;
import io.libchan.transport.websocket.internal.Wire;
import io.libchan.transport.websocket.server.jetty.ServerConnection;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides which requests become connections, whoever the server is. Thread-safe. */
final class Gate {
  private static final int BAD_REQUEST = 400;
  private static final int FORBIDDEN = 403;
  private static final int UNAVAILABLE = 503;

  private final Options options;
  private final WebSocketServerOptions own;
  private final Acceptor acceptor;
  private volatile boolean closed;

  Gate(Options options, Acceptor acceptor) {
    this.options = options;
    own = WebSocketServerOptions.of(options);
    this.acceptor = acceptor;
  }

  /** A request that is answered with an error instead. */
  record Refusal(int status, String text) {}

  /** Why a request is refused; null if it is not. */
  @Nullable Refusal refusal(
      List<String> subprotocols, @Nullable String origin, @Nullable String host) {
    if (closed) {
      return new Refusal(UNAVAILABLE, "this endpoint is closed");
    }
    if (origin != null && !isAllowed(origin.toLowerCase(Locale.ROOT), host)) {
      return new Refusal(FORBIDDEN, "origin not allowed");
    }
    if (!subprotocols.contains(Wire.SUBPROTOCOL)) {
      return new Refusal(BAD_REQUEST, "the subprotocol " + Wire.SUBPROTOCOL + " is missing");
    }
    return null;
  }

  private boolean isAllowed(String origin, @Nullable String host) {
    Set<String> origins = own.origins();
    if (origins != null) {
      return origins.contains("*") || origins.contains(origin);
    }
    try {
      return host != null && host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** What Jetty is to call for a request that was not refused. */
  ServerConnection admit(PeerInfo peer) {
    return new ServerConnection(peer, options, own.maxMessageBytes(), acceptor);
  }

  /** Refuses everybody from now on. */
  void close() {
    closed = true;
  }
}
