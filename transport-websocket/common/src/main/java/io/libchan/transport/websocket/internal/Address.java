package io.libchan.transport.websocket.internal;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Locale;

/**
 * What a {@code ws} or {@code wss} URI names.
 *
 * @param scheme {@code ws} or {@code wss}
 * @param host a name or an address; an IPv6 literal has no brackets
 * @param port the port, 80 or 443 where the URI has none
 * @param path the path as it is sent, at least a slash
 * @param query the query with its question mark, or empty
 */
public record Address(String scheme, String host, int port, String path, String query) {
  /** Reads a URI. */
  public static Address of(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    String host = uri.getHost();
    if (host == null || uri.getPort() > 65_535 || uri.getFragment() != null) {
      throw new IllegalArgumentException("write " + scheme + "://host:port/path, not " + uri);
    }
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("wss") ? 443 : 80;
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    return new Address(scheme, host, port, path, query);
  }

  /** Whether the scheme is the one with TLS. */
  public boolean isTls() {
    return scheme.equals("wss");
  }

  /** The same address at another port. */
  public Address withPort(int realPort) {
    return new Address(scheme, host, realPort, path, query);
  }

  /** The whole URI; a path that is only a slash is left away. */
  public URI uri() {
    return URI.create(scheme + "://" + this + (path.equals("/") ? "" : path) + query);
  }

  /** The text form of a socket's address, such as {@code 10.0.0.7:9323} or {@code [::1]:9323}. */
  public static String text(SocketAddress socket) {
    if (socket instanceof InetSocketAddress inet && inet.getAddress() != null) {
      return hostAndPort(inet.getAddress().getHostAddress(), inet.getPort());
    }
    return socket.toString();
  }

  private static String hostAndPort(String host, int port) {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }

  @Override
  public String toString() {
    return hostAndPort(host, port);
  }
}
