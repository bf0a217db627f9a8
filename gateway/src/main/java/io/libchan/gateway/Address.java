package io.libchan.gateway;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where a raw socket listens or connects to. Two addresses are equal if their texts are, letters of
 * a host's name in any case; no name is looked up for it.
 *
 * <p>Thread-safe: immutable.
 */
public sealed interface Address {
  /**
   * A host and a port.
   *
   * @param host a name, or an address without brackets
   * @param port 0..65,535; 0 is for listening on a free one
   */
  record Tcp(String host, int port) implements Address {
    private static final Pattern HOST = Pattern.compile("[^\\s/@\\[\\]]+");

    /** Checks both, and turns the host's letters into small ones. */
    public Tcp {
      if (!HOST.matcher(host).matches()) {
        throw new IllegalArgumentException("not a host: \"" + host + "\"");
      }
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("not a port: " + port);
      }
      host = host.toLowerCase(Locale.ROOT);
    }

    /** {@code host:port}, an IPv6 address in brackets. */
    @Override
    public String toString() {
      return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }

    @Override
    public StandardProtocolFamily family() {
      return StandardProtocolFamily.INET;
    }

    /** Whether the host is an address already, so that there is no name to look up. */
    @Override
    public boolean isLiteral() {
      return host.indexOf(':') >= 0 || host.matches("[0-9]+(\\.[0-9]+){3}");
    }

    @Override
    public List<SocketAddress> resolve() throws UnknownHostException {
      List<SocketAddress> found = new ArrayList<>();
      for (InetAddress one : InetAddress.getAllByName(host)) {
        found.add(new InetSocketAddress(one, port));
      }
      return found;
    }
  }

  /**
   * The path of a Unix socket.
   *
   * @param path not empty
   */
  record Unix(Path path) implements Address {
    private static final String SCHEME = "unix:";

    /** Refuses an empty path. */
    public Unix {
      if (path.toString().isEmpty()) {
        throw new IllegalArgumentException("a Unix socket needs a path");
      }
    }

    /** {@code unix:path}. */
    @Override
    public String toString() {
      return SCHEME + path;
    }

    @Override
    public StandardProtocolFamily family() {
      return StandardProtocolFamily.UNIX;
    }

    @Override
    public boolean isLiteral() {
      return true;
    }

    @Override
    public List<SocketAddress> resolve() {
      return List.of(UnixDomainSocketAddress.of(path));
    }
  }

  /**
   * Reads an address.
   *
   * @param text {@code host:port}, {@code [ipv6]:port} or {@code unix:path}
   * @throws IllegalArgumentException if it is none of these; the message says what to write
   */
  static Address parse(String text) {
    if (text.startsWith(Unix.SCHEME)) {
      try {
        return new Unix(Path.of(text.substring(Unix.SCHEME.length())));
      } catch (InvalidPathException e) {
        throw new IllegalArgumentException("not a path: " + text, e);
      }
    }
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]") && host.length() > 2;
    if (!text.substring(colon + 1).matches("[0-9]{1,5}")
        || host.isEmpty()
        || (!bracketed && host.indexOf(':') >= 0)) {
      throw new IllegalArgumentException(
          "write host:port, [ipv6]:port or unix:path, not \"" + text + "\"");
    }
    return new Tcp(
        bracketed ? host.substring(1, host.length() - 1) : host,
        Integer.parseInt(text.substring(colon + 1)));
  }

  /** What kind of socket it needs. */
  StandardProtocolFamily family();

  /** Whether {@link #resolve} answers without waiting for anybody. */
  boolean isLiteral();

  /**
   * Looks up what it means; at least one.
   *
   * @throws UnknownHostException if the host has no address
   */
  List<SocketAddress> resolve() throws UnknownHostException;
}
