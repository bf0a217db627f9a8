package io.libchan.it.codec;

import java.util.UUID;

/** The whole contract over Unix sockets with protobuf. */
final class WireUnixProtobufContractTest extends ProtobufContract {
  @Override
  public String freshUri() {
    return "unix:@libchan-" + UUID.randomUUID();
  }
}
