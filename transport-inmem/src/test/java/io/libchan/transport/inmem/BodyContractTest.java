package io.libchan.transport.inmem;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.SessionHandler;
import io.libchan.spi.Engine;
import io.libchan.spi.Services;
import io.libchan.testkit.BodyTransport;
import io.libchan.testkit.Capability;
import io.libchan.testkit.ChannelContract;
import java.net.URI;
import java.util.Set;
import java.util.UUID;

/** The whole contract where each stream rides on a body of its own. */
final class BodyContractTest extends ChannelContract {
  private static final BodyTransport TRANSPORT = new BodyTransport(1_000);

  private static Engine engine() {
    return Services.engine();
  }

  @Override
  public String freshUri() {
    return "bodies:" + UUID.randomUUID();
  }

  @Override
  public String codec() {
    return "msgpack";
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of();
  }

  @Override
  public Session connect(String uri, Options options)
      throws ChannelException, InterruptedException {
    return engine().connect(TRANSPORT, URI.create(uri), options);
  }

  @Override
  public Listener listen(String uri, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException {
    return engine().listen(TRANSPORT, URI.create(uri), options, handler);
  }
}
