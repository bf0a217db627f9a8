package io.libchan.transport.spdy;

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

/** SPDY on sockets that were accepted; for listeners, not for applications. Thread-safe. */
@SuppressWarnings("exports") // only libchan's own transports see what it implements
public final class SpdyWire implements WireServer {
  /** A control frame of version 3. */
  static final Protocol PROTOCOL = new Protocol("", "SPDY", "spdy", "spdys", "\u0080\u0003");

  /** Made by {@link java.util.ServiceLoader}. */
  public SpdyWire() {}

  @Override
  public Wire wire() {
    return Wire.SPDY;
  }

  @Override
  public Protocol protocol() {
    return PROTOCOL;
  }

  @Override
  public Served<?> serve(URI uri, Options options, Acceptor acceptor) {
    return new Served<SpdyConnection>() {
      @Override
      public Future<SpdyConnection> begin(Channel channel, Linger linger, PeerInfo peer) {
        return SpdyConnection.begin(channel, linger, peer, options, false);
      }

      @Override
      public void accepted(SpdyConnection ready) {
        acceptor.accepted(ready);
      }
    };
  }
}
