package io.libchan.transport.unix;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * Connections over Unix sockets: {@code unix:/path}, or {@code unix:@name} in the abstract
 * namespace of Linux. See {@link UnixOptions}; the peer is a {@link UnixPeer}.
 *
 * <p>Two platform threads serve each connection. A lone message is written by the thread that sends
 * it, if the socket has room.
 *
 * <p>As named modules, start Java with {@code --add-opens
 * org.newsclub.net.unix/org.newsclub.net.unix=io.libchan.transport.unix}: otherwise a peer that
 * sends more than 60 descriptors at once, which this library does not, leaves 60 of them open here
 * for ever, and a warning says so once. Sessions that pass no descriptors don't need it for that;
 * but without it all messages are written by a connection's own thread, which takes longer.
 *
 * <p>Where more descriptors of one user are under way in the system than a process of that user may
 * have open, Linux refuses to pass another one (root is exempt), and the session ends with the
 * system's words for it.
 *
 * <p>Thread-safe.
 */
public final class UnixTransport implements Transport {
  /** Made by {@link java.util.ServiceLoader}. */
  public UnixTransport() {}

  @Override
  public Set<String> schemes() {
    return Set.of("unix");
  }

  @Override
  public Connection connect(URI uri, Options options) throws ConnectFailed, InterruptedException {
    UnixAddress address = UnixAddress.of(uri);
    Natives.check();
    return new Dialer(address, options).connect();
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor)
      throws ConnectFailed, InterruptedException {
    UnixAddress address = UnixAddress.of(uri);
    Natives.check();
    return new Listening(
            address, options, (socket, peer) -> accepted(socket, peer, options, acceptor))
        .bind();
  }

  private static void accepted(
      AFUNIXSocket socket, PeerInfo peer, Options options, Acceptor acceptor) throws IOException {
    UnixConnection connection = null;
    boolean handed = false;
    try {
      connection = new UnixConnection(socket, peer, options);
      acceptor.accepted(connection);
      handed = true;
    } finally {
      if (!handed && connection != null) {
        connection.abort();
      } else if (!handed) {
        Sockets.closeQuietly(socket);
      }
    }
  }

  static UnixOptions unixOptions(Options options) {
    UnixOptions found = options.find(UnixOptions.class);
    return found == null ? UnixOptions.DEFAULTS : found;
  }
}
