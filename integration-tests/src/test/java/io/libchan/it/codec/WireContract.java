package io.libchan.it.codec;

import io.libchan.Options;
import io.libchan.testkit.Capability;
import io.libchan.testkit.ChannelContract;
import java.util.Set;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole contract with one codec, over every wire. */
@ParameterizedClass
@EnumSource(Wire.class)
abstract class WireContract extends ChannelContract {
  @Parameter Wire wire;

  @Override
  public final String freshUri() {
    return wire.freshUri();
  }

  @Override
  public final Set<Capability> capabilities() {
    return wire.capabilities();
  }

  @Override
  public Options.Builder listening(Options.Builder options) {
    return wire.listening(options);
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return wire.connecting(options);
  }
}
