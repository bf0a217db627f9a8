package io.libchan.cli.demo;

import io.libchan.Options;
import io.libchan.spi.Services;
import io.libchan.spi.Transport.Role;
import java.net.URI;
import java.util.List;

/**
 * How to make a fresh address on this machine for a URI scheme.
 *
 * <p>Thread-safe: immutable.
 *
 * @param scheme the URI scheme
 * @param address where to listen; a free port or a name of its own
 * @param tls whether both sides need keys and certificates
 */
record Endpoint(String scheme, String address, boolean tls) {
  private static final String NAME = "libchan-demo-" + ProcessHandle.current().pid();

  /** Every scheme of wire 1, in the order the demo shows them. */
  private static final List<Endpoint> KNOWN =
      List.of(
          new Endpoint("inmem", "inmem:" + NAME, false),
          new Endpoint("unix", "unix:@" + NAME, false),
          new Endpoint("tcp", "tcp://127.0.0.1:0", false),
          new Endpoint("tls", "tls://127.0.0.1:0", true),
          new Endpoint("http", "http://127.0.0.1:0", false),
          new Endpoint("https", "https://127.0.0.1:0", true),
          new Endpoint("ws", "ws://127.0.0.1:0", false),
          new Endpoint("wss", "wss://127.0.0.1:0", true));

  /** Those whose transport is in this build. */
  static List<Endpoint> present() {
    return KNOWN.stream().filter(Endpoint::isPresent).toList();
  }

  private boolean isPresent() {
    try {
      for (Role role : Role.values()) {
        Services.transport(URI.create(scheme + ":any"), role);
      }
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The options of the listening side. */
  Options.Builder listening(DemoKeys keys) {
    return tls ? keys.server(Options.builder()) : Options.builder();
  }

  /** The options of the connecting side. */
  Options.Builder connecting(DemoKeys keys) {
    return tls ? keys.client(Options.builder()) : Options.builder();
  }
}
