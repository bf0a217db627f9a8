package io.libchan.transport.websocket.server;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.SessionHandler;
import io.libchan.spi.Connection;
import io.libchan.spi.Services;
import io.libchan.spi.Transport;
import java.net.URI;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/** A place in somebody else's server, as the engine sees it: a transport that listens once. */
final class Endpoint implements Transport {
  private final Consumer<Gate> install;

  private Endpoint(Consumer<Gate> install) {
    this.install = install;
  }

  static Listener listen(
      String path, Options options, SessionHandler handler, Consumer<Gate> install)
      throws ChannelException, InterruptedException {
    return Services.engine().listen(new Endpoint(install), URI.create(path), options, handler);
  }

  @Override
  public Set<String> schemes() {
    return Set.of();
  }

  @Override
  public Set<Role> roles() {
    return EnumSet.of(Role.LISTEN);
  }

  @Override
  public Connection connect(URI uri, Options options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor) {
    Gate gate = new Gate(options, acceptor);
    install.accept(gate);
    return new Bound() {
      @Override
      public URI uri() {
        return uri;
      }

      @Override
      public void close() {
        gate.close();
      }
    };
  }
}
