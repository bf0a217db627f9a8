package io.libchan.transport.websocket.server;

import io.libchan.Options;
import io.libchan.testkit.Duo;
import io.libchan.transport.websocket.client.WebSocketClientTransport;

/** Listeners with the client of the other module. */
final class Duos {
  private Duos() {}

  static Duo listen(String uri, Options options) throws Exception {
    return new Duo(new WebSocketServerTransport(), new WebSocketClientTransport(), uri, options);
  }
}
