package io.libchan.it.codec;

import io.libchan.testkit.ChannelContract;
import java.util.UUID;

/** The whole contract over Unix sockets with xml. */
final class WireUnixXmlContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "unix:@libchan-" + UUID.randomUUID();
  }

  @Override
  public String codec() {
    return "xml";
  }
}
