package io.libchan.it.codec;

import io.libchan.testkit.ChannelContract;
import java.util.UUID;

/** The whole contract over the in-process transport with cbor. */
final class InmemCborContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "inmem:" + UUID.randomUUID();
  }

  @Override
  public String codec() {
    return "cbor";
  }
}
