package io.libchan.transport.netty.sockets;

import io.libchan.Options;
import io.libchan.transport.netty.TcpOptions;
import io.libchan.transport.netty.TcpOptions.Wire;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;

/** Finds what serves the wires that a listener's options name. */
public final class WireServers {
  private WireServers() {}

  /**
   * What serves the wires of {@link TcpOptions#wires()}, in the order of the enum.
   *
   * @param own the caller's
   * @throws IllegalArgumentException if an artifact is missing, or if only HTTP/2's peers would be
   *     authenticated
   */
  public static List<WireServer> of(Options options, WireServer own) {
    Set<Wire> wires = TcpOptions.of(options).wires();
    if (wires.equals(Set.of(own.wire()))) {
      return List.of(own);
    }
    if (options.requestAuthenticator() != null
        && options.authenticator() == null
        && !wires.equals(Set.of(Wire.HTTP2))) {
      throw new IllegalArgumentException(
          "the options have an authenticator of HTTP requests only, which no other wire of "
              + wires
              + " asks: add Options.authenticator()");
    }
    Map<Wire, WireServer> known = new EnumMap<>(Wire.class);
    for (WireServer found : ServiceLoader.load(WireServer.class, loader())) {
      known.put(found.wire(), found);
    }
    List<WireServer> servers = new ArrayList<>();
    for (Wire wire : wires) {
      WireServer server = known.get(wire);
      if (server == null) {
        throw new IllegalArgumentException(
            "nothing serves the wire " + wire + ": add the artifact io.libchan:" + wire.artifact());
      }
      servers.add(server);
    }
    return servers;
  }

  private static ClassLoader loader() {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return context != null ? context : WireServers.class.getClassLoader();
  }
}
