import org.jspecify.annotations.NullMarked;

/** Sessions over HTTP/2, with or without TLS, through proxies. */
@NullMarked
module io.libchan.transport.http2 {
  requires io.libchan;
  requires transitive io.libchan.transport.http2.common;
  requires transitive io.libchan.transport.netty;
  requires io.netty.codec;
  requires io.netty.codec.http2;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.transport.http2;

  provides io.libchan.spi.Transport with
      io.libchan.transport.http2.Http2Transport;
  provides io.libchan.transport.netty.sockets.WireServer with
      io.libchan.transport.http2.Http2Wire;
}
