package io.libchan.transport.http2;

import io.libchan.Options;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.ChannelContract;
import io.libchan.transport.http2.common.Carrier;

/** The whole contract over one HTTP/2 request with mutual TLS, with json. */
final class HttpsSingleJsonContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "https://127.0.0.1:0";
  }

  @Override
  public String codec() {
    return "json";
  }

  @Override
  public Options.Builder listening(Options.Builder options) {
    return options.with(Certificates.mutual());
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return options
        .with(Certificates.mutual())
        .with(Http2Options.builder().carrier(Carrier.SINGLE).build());
  }
}
