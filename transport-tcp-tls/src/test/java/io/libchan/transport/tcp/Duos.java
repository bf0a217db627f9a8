package io.libchan.transport.tcp;

import io.libchan.Options;
import io.libchan.testkit.Duo;

/** Listeners and connections of this module. */
final class Duos {
  private Duos() {}

  static Duo listen(String uri, Options options) throws Exception {
    TcpTransport transport = new TcpTransport();
    return new Duo(transport, transport, uri, options);
  }
}
