package io.libchan.it.codec;

import java.util.UUID;

/** The whole contract over the in-process transport with protobuf. */
final class InmemProtobufContractTest extends ProtobufContract {
  @Override
  public String freshUri() {
    return "inmem:" + UUID.randomUUID();
  }
}
