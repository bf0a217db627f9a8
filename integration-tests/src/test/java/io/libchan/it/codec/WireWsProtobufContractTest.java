package io.libchan.it.codec;

/** The whole contract over WebSocket with protobuf. */
final class WireWsProtobufContractTest extends ProtobufContract {
  @Override
  public String freshUri() {
    return "ws://127.0.0.1:0/codec";
  }
}
