import org.jspecify.annotations.NullMarked;

/** What the transports on Netty share: the options of sockets and TLS, and how sockets are made. */
@NullMarked
module io.libchan.transport.netty {
  requires transitive io.libchan;
  requires transitive io.netty.buffer;
  requires transitive io.netty.common;
  requires transitive io.netty.handler;
  requires transitive io.netty.transport;
  requires io.netty.codec;
  requires static io.netty.transport.classes.epoll;
  requires static io.netty.transport.unix.common;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  uses io.libchan.transport.netty.sockets.WireServer;

  exports io.libchan.transport.netty;
  exports io.libchan.transport.netty.sockets to
      io.libchan.transport.tcp,
      io.libchan.transport.http2,
      io.libchan.transport.spdy;
}
