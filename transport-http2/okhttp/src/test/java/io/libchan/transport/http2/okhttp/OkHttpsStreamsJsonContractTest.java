package io.libchan.transport.http2.okhttp;

import io.libchan.Options;
import io.libchan.testkit.Capability;
import io.libchan.testkit.ChannelContract;
import io.libchan.transport.http2.common.Carrier;
import java.util.Set;

/** The whole contract over https and the carrier streams by OkHttp, with json. */
final class OkHttpsStreamsJsonContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "https://127.0.0.1:0/libchan";
  }

  @Override
  public String codec() {
    return "json";
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.NETWORK); // many bodies: faults are those of proxies
  }

  @Override
  public Options.Builder listening(Options.Builder options) {
    return options.with(Https.listening());
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return options.with(
        OkHttpOptions.builder().carrier(Carrier.STREAMS).client(Https.client()).build());
  }
}
