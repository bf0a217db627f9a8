package io.libchan.transport.http2;

import io.libchan.Options;
import io.libchan.testkit.Capability;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.ChannelContract;
import java.util.Set;

/** The whole contract over HTTP/2 and mutual TLS with a request for each stream, with msgpack. */
final class HttpsStreamsMsgpackContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "https://127.0.0.1:0/libchan";
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
  public Options.Builder listening(Options.Builder options) {
    return options.with(Certificates.mutual());
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return options.with(Certificates.mutual());
  }
}
