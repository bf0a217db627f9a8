package io.libchan.transport.tcp;

import io.libchan.Options;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.ChannelContract;

/** The whole contract over mutual TLS with msgpack. */
final class TlsMsgpackContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "tls://127.0.0.1:0";
  }

  @Override
  public String codec() {
    return "msgpack";
  }

  @Override
  public Options.Builder listening(Options.Builder options) {
    return options.with(Certificates.mutual());
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return options.with(Certificates.mutual());
  }
}
