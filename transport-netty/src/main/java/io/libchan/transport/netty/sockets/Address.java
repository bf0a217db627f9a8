package io.libchan.transport.netty.sockets;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Locale;

/** Host and port of a URI. The host of an IPv6 literal has no brackets. */
public record Address(String scheme, String host, int port) {
  public static Address of(URI uri) {
    return of(uri, -1);
  }

  /**
   * Host and port of a URI.
   *
   * @param standardPort the port of a URI without one; -1 if it must have one
   */
  public static Address of(URI uri, int standardPort) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    String host = uri.getHost();
    int port = uri.getPort() < 0 ? standardPort : uri.getPort();
    if (host == null || port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "write " + scheme + "://host:port, not " + (uri.getUserInfo() == null ? uri : "that"));
    }
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    return new Address(scheme, host, port);
  }

  public boolean isTls() {
    return scheme.equals("tls") || scheme.equals("https") || scheme.equals("spdys");
  }

  /** Whether the host is an address already, so that there is no name to look up. */
  public boolean isLiteral() {
    return host.indexOf(':') >= 0 || host.matches("[0-9.]+");
  }

  public URI uri() {
    return URI.create(scheme + "://" + this);
  }

  public Address withPort(int realPort) {
    return new Address(scheme, host, realPort);
  }

  /** The text form of a socket's address, such as {@code 10.0.0.7:9323} or {@code [::1]:9323}. */
  public static String text(SocketAddress socket) {
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
