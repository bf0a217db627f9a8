package io.libchan.cli.exec;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who could connect to an address.
 *
 * <p>Thread-safe.
 */
public final class Reach {
  private static final Set<String> LOCAL_SCHEMES = Set.of("inmem", "unix");

  private Reach() {}

  /**
   * Refuses an address that other machines reach, unless the caller asked for that and named the
   * commands that they may run.
   *
   * @throws IllegalArgumentException if the server must not listen there; the message says why
   */
  static void check(String address, boolean remoteToo, Set<String> allowed) {
    URI uri = URI.create(address);
    if (isLocal(uri)) {
      return;
    }
    if (!remoteToo) {
      throw new IllegalArgumentException(
          "refusing to listen on " + uri + ": other machines could reach it; see --allow-remote");
    }
    if (allowed.isEmpty()) {
      throw new IllegalArgumentException(
          "refusing to let other machines run every command: name those they may with --allow");
    }
  }

  /**
   * Whether only this machine reaches it.
   *
   * @param uri where to listen
   * @return whether it is in this process, a Unix socket, or a loopback address
   * @throws IllegalArgumentException if its host is unknown
   */
  public static boolean isLocal(URI uri) {
    String scheme = uri.getScheme();
    return (scheme != null && LOCAL_SCHEMES.contains(scheme.toLowerCase(Locale.ROOT)))
        || isLoopback(uri.getHost());
  }

  private static boolean isLoopback(@Nullable String host) {
    if (host == null || host.isEmpty()) {
      return false;
    }
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (!address.isLoopbackAddress()) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("unknown host " + host, e);
    }
  }
}
