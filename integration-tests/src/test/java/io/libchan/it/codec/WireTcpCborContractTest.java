package io.libchan.it.codec;

import io.libchan.testkit.ChannelContract;

/** The whole contract over TCP with cbor. */
final class WireTcpCborContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "tcp://127.0.0.1:0";
  }

  @Override
  public String codec() {
    return "cbor";
  }
}
