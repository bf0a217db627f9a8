package io.libchan.cli.exec;

import io.libchan.Options;
import io.libchan.transport.netty.TcpOptions;
import java.net.URI;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine.Option;

/**
 * Whether one port serves several wires.
 *
 * <p>Not thread-safe.
 */
final class AllWires {
  private static final Set<String> SCHEMES = Set.of("tcp", "tls");

  @Option(
      names = "--all-wires",
      description =
          "Over tcp: serve http and spdy on the same port, whichever the client speaks; over tls, https"
              + " and spdys.")
  private boolean given;

  /**
   * Adds it.
   *
   * @param options where to
   * @param uri where to listen
   * @throws IllegalArgumentException if there can be one wire only
   */
  void addTo(Options.Builder options, String uri) {
    if (!given) {
      return;
    }
    String scheme = URI.create(uri).getScheme();
    if (scheme == null || !SCHEMES.contains(scheme.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("--all-wires is for tcp and tls, not " + uri);
    }
    Set<TcpOptions.Wire> all = EnumSet.allOf(TcpOptions.Wire.class);
    options.with(TcpOptions.builder().wires(all).build());
  }
}
