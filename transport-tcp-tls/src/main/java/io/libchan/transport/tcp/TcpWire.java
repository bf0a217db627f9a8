package io.libchan.transport.tcp;

import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.Transport.Acceptor;
import io.libchan.transport.netty.TcpOptions.Wire;
import io.libchan.transport.netty.sockets.Linger;
import io.libchan.transport.netty.sockets.Protocol;
import io.libchan.transport.netty.sockets.WireServer;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.net.URI;

/** Wire 1 on sockets that were accepted; for listeners, not for applications. Thread-safe. */
@SuppressWarnings("exports") // only libchan's own transports see what it implements
public final class TcpWire implements WireServer {
  /** yamux begins with its version, which is 0. */
  static final Protocol PROTOCOL = new Protocol("libchan/1", "libchan", "tcp", "tls", "\0");

  /** Made by {@link java.util.ServiceLoader}. */
  public TcpWire() {}

  @Override
  public Wire wire() {
    return Wire.LIBCHAN;
  }

  @Override
  public Protocol protocol() {
    return PROTOCOL;
  }

  @Override
  public Served<?> serve(URI uri, Options options, Acceptor acceptor) {
    return new Served<SocketConnection>() {
      @Override
      public Future<SocketConnection> begin(Channel channel, Linger linger, PeerInfo peer) {
        return SocketConnection.begin(channel, linger, peer, options);
      }

      @Override
      public void accepted(SocketConnection ready) {
        acceptor.accepted(ready);
      }
    };
  }
}
