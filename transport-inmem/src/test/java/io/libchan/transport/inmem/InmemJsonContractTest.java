package io.libchan.transport.inmem;

import io.libchan.testkit.ChannelContract;
import java.util.UUID;

/** The whole contract over the in-process transport with json. */
final class InmemJsonContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "inmem:" + UUID.randomUUID();
  }

  @Override
  public String codec() {
    return "json";
  }
}
