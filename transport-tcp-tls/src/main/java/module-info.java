import org.jspecify.annotations.NullMarked;

/** Sessions over TCP, plain or with TLS. */
@NullMarked
module io.libchan.transport.tcp {
  requires io.libchan;
  requires io.netty.buffer;
  requires io.netty.common;
  requires transitive io.netty.handler;
  requires transitive io.netty.transport;
  requires static io.netty.transport.classes.epoll;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.transport.tcp;

  provides io.libchan.spi.Transport with
      io.libchan.transport.tcp.TcpTransport;
}
