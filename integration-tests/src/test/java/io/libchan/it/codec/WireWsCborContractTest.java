package io.libchan.it.codec;

import io.libchan.testkit.ChannelContract;

/** The whole contract over WebSocket with cbor. */
final class WireWsCborContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "ws://127.0.0.1:0/codec";
  }

  @Override
  public String codec() {
    return "cbor";
  }
}
