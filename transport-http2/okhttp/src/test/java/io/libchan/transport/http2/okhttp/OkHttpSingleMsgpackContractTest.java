package io.libchan.transport.http2.okhttp;

import io.libchan.Options;
import io.libchan.testkit.ChannelContract;
import io.libchan.transport.http2.common.Carrier;

/** The whole contract over http and the carrier single by OkHttp, with msgpack. */
final class OkHttpSingleMsgpackContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "http://127.0.0.1:0/libchan";
  }

  @Override
  public String codec() {
    return "msgpack";
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return options.with(OkHttpOptions.builder().carrier(Carrier.SINGLE).build());
  }
}
