package io.libchan.it.codec;

import io.libchan.Options;
import io.libchan.testkit.ChannelContract;
import java.util.UUID;

/**
 * The whole contract with protobuf over the in-process transport; what has no schema is left out.
 */
final class InmemProtobufContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "inmem:" + UUID.randomUUID();
  }

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
    return options.codec(ProtobufTypes.CODEC);
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return options.codec(ProtobufTypes.CODEC);
  }
}
