package io.libchan.it.codec;

import io.libchan.testkit.Capability;
import java.util.Set;

/** The whole contract over HTTP/2 with protobuf. */
final class WireHttpProtobufContractTest extends ProtobufContract {
  @Override
  public String freshUri() {
    return "http://127.0.0.1:0/codec";
  }

  /** Streams are requests of their own. */
  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.NETWORK);
  }
}
