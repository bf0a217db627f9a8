package io.libchan.it.codec;

import io.libchan.testkit.ChannelContract;
import java.util.UUID;

/** The whole contract over the in-process transport with xml. */
final class InmemXmlContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "inmem:" + UUID.randomUUID();
  }

  @Override
  public String codec() {
    return "xml";
  }
}
