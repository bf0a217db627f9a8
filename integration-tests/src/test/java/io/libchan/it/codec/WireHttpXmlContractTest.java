package io.libchan.it.codec;

import io.libchan.testkit.Capability;
import io.libchan.testkit.ChannelContract;
import java.util.Set;

/** The whole contract over HTTP/2 with xml. */
final class WireHttpXmlContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "http://127.0.0.1:0/codec";
  }

  @Override
  public String codec() {
    return "xml";
  }

  /** Streams are requests of their own. */
  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.NETWORK);
  }
}
