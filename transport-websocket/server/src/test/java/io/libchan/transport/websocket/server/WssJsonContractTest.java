package io.libchan.transport.websocket.server;

import io.libchan.Options;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.ChannelContract;

/** The whole contract over WebSocket under mutual TLS with json. */
final class WssJsonContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "wss://127.0.0.1:0/libchan";
  }

  @Override
  public String codec() {
    return "json";
  }

  @Override
  public Options.Builder listening(Options.Builder options) {
    return options.with(Certificates.mutual());
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return options.with(Certificates.mutual());
  }
}
