package io.libchan.transport.http2.okhttp;

import io.libchan.Options;
import io.libchan.testkit.ChannelContract;
import io.libchan.transport.http2.common.Carrier;

/** The whole contract over https and the carrier single by OkHttp, with json. */
final class OkHttpsSingleJsonContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "https://127.0.0.1:0/libchan";
  }

  @Override
  public String codec() {
    return "json";
  }

  @Override
  public Options.Builder listening(Options.Builder options) {
    return options.with(Https.listening());
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return options.with(
        OkHttpOptions.builder().carrier(Carrier.SINGLE).client(Https.client()).build());
  }
}
