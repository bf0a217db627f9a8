package io.libchan.transport.http2;

import io.libchan.testkit.ChannelContract;

/** The whole contract over HTTP/2 with a request for each stream, with msgpack. */
final class HttpStreamsMsgpackContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "http://127.0.0.1:0/libchan";
  }

  @Override
  public String codec() {
    return "msgpack";
  }
}
