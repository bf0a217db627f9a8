package io.libchan.transport.websocket.server;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.ChannelContract;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The whole contract through a proxy, which ends TLS where the client speaks it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ProxiedContract extends ChannelContract {
  /** How many listeners a test has at once, at most; each has a proxy of its own. */
  private static final int LANES = 4;

  private final ReverseProxy.Kind kind;
  private final boolean tls;
  private final List<ReverseProxy> lanes = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();

  ProxiedContract(ReverseProxy.Kind kind, boolean tls) {
    this.kind = kind;
    this.tls = tls;
  }

  @BeforeAll
  void startProxies() throws Exception {
    for (int i = 0; i < LANES; i++) {
      lanes.add(new ReverseProxy(kind, 600));
    }
  }

  @AfterAll
  void stopProxies() throws Exception {
    for (ReverseProxy proxy : lanes) {
      proxy.close();
    }
  }

  @Override
  public final String freshUri() {
    ReverseProxy lane = lanes.get(next.getAndIncrement() % LANES);
    return "ws://127.0.0.1:" + lane.listenerPort + "/chat";
  }

  @Override
  public final Options.Builder connecting(Options.Builder options) {
    return options.with(Certificates.mutual());
  }

  @Override
  public final Session connect(String uri, Options options)
      throws ChannelException, InterruptedException {
    int port = URI.create(uri).getPort();
    for (ReverseProxy lane : lanes) {
      if (lane.listenerPort == port) {
        return Libchan.connect(through(lane, tls, uri), options);
      }
    }
    throw new AssertionError("no proxy for " + uri);
  }

  /** The address of a listener as it is in front of the proxy. */
  static String through(ReverseProxy proxy, boolean tls, String uri) {
    String path = URI.create(uri).getPath();
    return tls
        ? "wss://127.0.0.1:" + proxy.tlsPort + path
        : "ws://127.0.0.1:" + proxy.plainPort + path;
  }
}
