package io.libchan.transport.tcp;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Locale;

/** Host and port of a URI. The host of an IPv6 literal has no brackets. */
record Address(String scheme, String host, int port) {
  static Address of(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    String host = uri.getHost();
    if (host == null || uri.getPort() < 0 || uri.getPort() > 65_535) {
      throw new IllegalArgumentException("write " + scheme + "://host:port, not " + uri);
    }
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    return new Address(scheme, host, uri.getPort());
  }

  boolean isTls() {
    return scheme.equals("tls");
  }

  /** Whether the host is an address already, so that there is no name to look up. */
  boolean isLiteral() {
    return host.indexOf(':') >= 0 || host.matches("[0-9.]+");
  }

  URI uri() {
    return URI.create(scheme + "://" + this);
  }

  Address withPort(int realPort) {
    return new Address(scheme, host, realPort);
  }

  /** The text form of a socket's address, such as {@code 10.0.0.7:9323} or {@code [::1]:9323}. */
  static String text(SocketAddress socket) {
    if (socket instanceof InetSocketAddress inet && inet.getAddress() != null) {
      String host = inet.getAddress().getHostAddress();
      return new Address("", host, inet.getPort()).toString();
    }
    return socket.toString();
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
