import org.jspecify.annotations.NullMarked;

/** Sessions over TCP, plain or with TLS. */
@NullMarked
module io.libchan.transport.tcp {
  requires io.libchan;
  requires transitive io.libchan.transport.netty;
  requires static org.jspecify;

  exports io.libchan.transport.tcp;

  provides io.libchan.spi.Transport with
      io.libchan.transport.tcp.TcpTransport;
  provides io.libchan.transport.netty.sockets.WireServer with
      io.libchan.transport.tcp.TcpWire;
}
