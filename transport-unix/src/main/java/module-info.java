import org.jspecify.annotations.NullMarked;

/** Sessions over Unix sockets, which pass open descriptors. */
@NullMarked
module io.libchan.transport.unix {
  requires transitive io.libchan;
  requires transitive org.newsclub.net.unix;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.transport.unix;

  provides io.libchan.spi.Transport with
      io.libchan.transport.unix.UnixTransport;
  provides io.libchan.spi.SocketStreams with
      io.libchan.transport.unix.JdkSockets;
}
