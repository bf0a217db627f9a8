package io.libchan.it.codec;

/** The whole contract over TCP with protobuf. */
final class WireTcpProtobufContractTest extends ProtobufContract {
  @Override
  public String freshUri() {
    return "tcp://127.0.0.1:0";
  }
}
