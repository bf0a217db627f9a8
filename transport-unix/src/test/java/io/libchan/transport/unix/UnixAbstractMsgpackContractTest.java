package io.libchan.transport.unix;

import io.libchan.testkit.ChannelContract;

/** The whole contract over Unix sockets by abstract name with msgpack. */
final class UnixAbstractMsgpackContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return Addresses.abstractName();
  }

  @Override
  public String codec() {
    return "msgpack";
  }
}
