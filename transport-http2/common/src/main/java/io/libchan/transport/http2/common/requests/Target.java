package io.libchan.transport.http2.common.requests;

import io.libchan.transport.http2.common.Carrier;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a URI says.
 *
 * @param scheme {@code http} or {@code https}
 * @param host a name or an address; an IPv6 literal has no brackets
 * @param port the port, 80 or 443 where the URI has none
 * @param authority the host, and the port if the URI has one
 * @param path the path, {@code /} if there is none
 * @param query the query without what is for the transport; null without one
 * @param carrier the carrier; null where the URI does not say
 * @param userInfo user and password; null where there are none
 */
public record Target(
    String scheme,
    String host,
    int port,
    String authority,
    String path,
    @Nullable String query,
    @Nullable Carrier carrier,
    @Nullable String userInfo) {
  private static final String CARRIER = "carrier=";

  /** Reads a URI. */
  public static Target of(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    String host = uri.getHost();
    int port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(scheme) ? 443 : 80;
    if (host == null || port > 65_535) {
      throw new IllegalArgumentException(
          "write "
              + scheme
              + "://host:port/path, not "
              + (uri.getUserInfo() == null ? uri : "that"));
    }
    String raw = String.valueOf(uri.getRawAuthority());
    String path = uri.getRawPath();
    Carrier carrier = null;
    List<String> others = new ArrayList<>();
    if (uri.getRawQuery() != null) {
      for (String part : uri.getRawQuery().split("&", -1)) {
        if (part.startsWith(CARRIER)) {
          carrier = carrier(part.substring(CARRIER.length()));
        } else {
          others.add(part);
        }
      }
    }
    return new Target(
        scheme,
        host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
        port,
        raw.substring(raw.lastIndexOf('@') + 1),
        path == null || path.isEmpty() ? "/" : path,
        others.isEmpty() ? null : String.join("&", others),
        carrier,
        uri.getUserInfo());
  }

  private static Carrier carrier(String token) {
    Carrier carrier = Carrier.of(token);
    if (carrier == null) {
      throw new IllegalArgumentException("the carrier is streams or single, not " + token);
    }
    return carrier;
  }

  /** Whether there is TLS. */
  public boolean isTls() {
    return scheme.equals("https");
  }

  /** What stands in a request line. */
  public String requestTarget() {
    return query == null ? path : path + "?" + query;
  }

  /** Host and port. */
  public String hostAndPort() {
    return hostAndPort(port);
  }

  private String hostAndPort(int realPort) {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + realPort;
  }

  /** The address with its path, for people; without user, password and query. */
  @Override
  public String toString() {
    return uri(port).toString();
  }

  /** The URI of a listener whose port is known. */
  public URI uri(int realPort) {
    return URI.create(scheme + "://" + hostAndPort(realPort) + (path.equals("/") ? "" : path));
  }
}
