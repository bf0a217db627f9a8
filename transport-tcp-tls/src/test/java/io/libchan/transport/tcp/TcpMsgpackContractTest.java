package io.libchan.transport.tcp;

import io.libchan.testkit.ChannelContract;

/** The whole contract over TCP with msgpack. */
final class TcpMsgpackContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "tcp://127.0.0.1:0";
  }

  @Override
  public String codec() {
    return "msgpack";
  }
}
