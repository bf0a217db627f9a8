package io.libchan.it.proxy;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.testkit.Capability;
import io.libchan.testkit.ChannelContract;
import io.libchan.testkit.Ports;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The whole contract through a proxy with TLS and a password, whose service has neither. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ProxyContract extends ChannelContract {
  /** How many listeners a test has at once, at most. */
  private static final int LANES = 4;

  private final ProxyProgram program;
  private final Edit[] edits;
  private final List<Lane> lanes = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();

  /** A proxy and the port of the service behind it. */
  private record Lane(int service, Proxy proxy) {}

  ProxyContract(ProxyProgram program, Edit... edits) {
    this.program = program;
    this.edits = edits;
  }

  @BeforeAll
  void start() throws Exception {
    for (int i = 0; i < LANES; i++) {
      int service = Ports.next();
      lanes.add(new Lane(service, Proxy.start(program, List.of(service), edits)));
    }
  }

  @AfterAll
  void stop() throws Exception {
    for (Lane lane : lanes) {
      lane.proxy.close();
    }
  }

  @Override
  public String freshUri() {
    Lane lane = lanes.get(next.getAndIncrement() % LANES);
    return "http://127.0.0.1:" + lane.service + "/libchan";
  }

  @Override
  public String codec() {
    return "msgpack";
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.NETWORK); // faults are those of proxies
  }

  @Override
  public Options.Builder connecting(Options.Builder options) {
    return options.with(Proxy.trusted());
  }

  @Override
  public Session connect(String uri, Options options)
      throws ChannelException, InterruptedException {
    int service = URI.create(uri).getPort();
    for (Lane lane : lanes) {
      if (lane.service == service) {
        return Libchan.connect(lane.proxy.uri(), options);
      }
    }
    throw new AssertionError("no proxy for " + uri);
  }
}
