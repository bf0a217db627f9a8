import org.jspecify.annotations.NullMarked;

/** Sessions with the Go reference, over SPDY/3.1. */
@NullMarked
module io.libchan.transport.spdy {
  requires transitive io.libchan;
  requires io.libchan.transport.netty;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.transport.spdy;

  provides io.libchan.spi.Transport with
      io.libchan.transport.spdy.SpdyTransport;
  provides io.libchan.transport.netty.sockets.WireServer with
      io.libchan.transport.spdy.SpdyWire;
}
