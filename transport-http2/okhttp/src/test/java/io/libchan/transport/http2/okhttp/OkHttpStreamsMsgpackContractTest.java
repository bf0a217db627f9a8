package io.libchan.transport.http2.okhttp;

import io.libchan.Options;
import io.libchan.testkit.Capability;
import io.libchan.testkit.ChannelContract;
import io.libchan.transport.http2.common.Carrier;
import java.util.Set;

/** The whole contract over http and the carrier streams by OkHttp, with msgpack. */
final class OkHttpStreamsMsgpackContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "http://127.0.0.1:0/libchan";
  }

  @Override
  public String codec() {
    return "msgpack";
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.NETWORK); // many bodies: faults are those of proxies
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return options.with(OkHttpOptions.builder().carrier(Carrier.STREAMS).build());
  }
}
