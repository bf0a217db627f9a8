package io.libchan.it;

import io.libchan.testkit.ChannelContract;

final class TcpMsgpackTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "tcp://127.0.0.1:0";
  }

  @Override
  public String codec() {
    return "msgpack";
  }
}
