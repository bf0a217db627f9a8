package io.libchan.transport.inmem;

import io.libchan.testkit.ChannelContract;
import java.util.UUID;

/** The whole contract over the in-process transport with msgpack. */
final class InmemMsgpackContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "inmem:" + UUID.randomUUID();
  }

  @Override
  public String codec() {
    return "msgpack";
  }
}
