package io.libchan.transport.websocket.server;

import io.libchan.testkit.ChannelContract;

/** The whole contract over WebSocket with msgpack. */
final class WsMsgpackContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "ws://127.0.0.1:0";
  }

  @Override
  public String codec() {
    return "msgpack";
  }
}
