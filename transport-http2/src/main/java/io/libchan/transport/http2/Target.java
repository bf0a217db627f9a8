package io.libchan.transport.http2;

import io.libchan.transport.http2.Http2Options.Carrier;
import io.libchan.transport.netty.sockets.Address;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a URI says.
 *
 * @param address where to connect to, or to listen
 * @param authority the host, and the port if the URI has one
 * @param path the path, {@code /} if there is none
 * @param query the query without what is for the transport; null without one
 * @param carrier the carrier; null where the URI does not say
 * @param userInfo user and password; null where there are none
 */
record Target(
    Address address,
    String authority,
    String path,
    @Nullable String query,
    @Nullable Carrier carrier,
    @Nullable String userInfo) {
  private static final String CARRIER = "carrier=";

  static Target of(URI uri) {
    boolean tls = "https".equals(String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT));
    Address address = Address.of(uri, tls ? 443 : 80);
    String raw = String.valueOf(uri.getRawAuthority());
    String authority = raw.substring(raw.lastIndexOf('@') + 1);
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
        address,
        authority,
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

  /** What stands in a request line. */
  String requestTarget() {
    return query == null ? path : path + "?" + query;
  }

  /** The address with its path, for people; without user, password and query. */
  @Override
  public String toString() {
    return address.scheme() + "://" + address + (path.equals("/") ? "" : path);
  }

  /** The URI of a listener whose port is known. */
  URI uri(int port) {
    return URI.create(
        address.scheme() + "://" + address.withPort(port) + (path.equals("/") ? "" : path));
  }
}
