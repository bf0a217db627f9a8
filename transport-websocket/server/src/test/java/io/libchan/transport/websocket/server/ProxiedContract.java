package io.libchan.transport.websocket.server;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.testkit.ChannelContract;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The whole contract through a proxy, which ends TLS where the client speaks it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ProxiedContract extends ChannelContract {
  private final ReverseProxy.Kind kind;
  private final boolean tls;
  private ReverseProxy proxy;

  ProxiedContract(ReverseProxy.Kind kind, boolean tls) {
    this.kind = kind;
    this.tls = tls;
  }

  @BeforeAll
  void startProxy() throws Exception {
    proxy = new ReverseProxy(kind, 600);
  }

  @AfterAll
  void stopProxy() throws Exception {
    proxy.close();
  }

  @Override
  public final String freshUri() {
    return "ws://127.0.0.1:" + proxy.listenerPort + "/chat";
  }

  @Override
  public final Options.Builder connecting(Options.Builder options) {
    return options.with(Certificates.mutual());
  }

  @Override
  public final Session connect(String uri, Options options)
      throws ChannelException, InterruptedException {
    return Libchan.connect(through(proxy, tls, uri), options);
  }

  /** The address of a listener as it is in front of the proxy. */
  static String through(ReverseProxy proxy, boolean tls, String uri) {
    String path = URI.create(uri).getPath();
    return tls
        ? "wss://127.0.0.1:" + proxy.tlsPort + path
        : "ws://127.0.0.1:" + proxy.plainPort + path;
  }
}
