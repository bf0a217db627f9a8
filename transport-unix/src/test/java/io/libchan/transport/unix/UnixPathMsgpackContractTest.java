package io.libchan.transport.unix;

import io.libchan.testkit.ChannelContract;

/** The whole contract over Unix sockets by path with msgpack. */
final class UnixPathMsgpackContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return Addresses.path();
  }

  @Override
  public String codec() {
    return "msgpack";
  }
}
