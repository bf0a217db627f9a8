package io.libchan.it.codec;

import io.libchan.Options;

/** The whole contract with protobuf over every wire; what has no schema is left out. */
final class WireProtobufContractTest extends WireContract {
  @Override
  public String codec() {
    return ProtobufTypes.CODEC.name();
  }

  @Override
  public boolean carriesOpenTypes() {
    return false;
  }

  @Override
  public Options.Builder listening(Options.Builder options) {
    return super.listening(options).codec(ProtobufTypes.CODEC);
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return super.connecting(options).codec(ProtobufTypes.CODEC);
  }
}
