package io.libchan.transport.http2;

import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.Transport.Acceptor;
import io.libchan.transport.http2.common.requests.Target;
import io.libchan.transport.netty.TcpOptions.Wire;
import io.libchan.transport.netty.sockets.Linger;
import io.libchan.transport.netty.sockets.Protocol;
import io.libchan.transport.netty.sockets.WireServer;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.net.URI;

/** HTTP/2 on sockets that were accepted; for listeners, not for applications. Thread-safe. */
@SuppressWarnings("exports") // only libchan's own transports see what it implements
public final class Http2Wire implements WireServer {
  static final Protocol PROTOCOL =
      new Protocol("h2", "HTTP/2", "http", "https", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

  /** Made by {@link java.util.ServiceLoader}. */
  public Http2Wire() {}

  @Override
  public Wire wire() {
    return Wire.HTTP2;
  }

  @Override
  public Protocol protocol() {
    return PROTOCOL;
  }

  @Override
  public Served<?> serve(URI uri, Options options, Acceptor acceptor) {
    Service service = new Service(Target.of(uri).path(), options, acceptor);
    return new Served<Link>() {
      @Override
      public Future<Link> begin(Channel channel, Linger linger, PeerInfo peer) throws Exception {
        return Link.begin(channel, linger, peer, peer.address(), options, service);
      }

      @Override
      public void accepted(Link ready) {
        // Sessions come of its requests.
      }

      @Override
      public void close() {
        service.close();
      }
    };
  }
}
