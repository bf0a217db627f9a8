package io.libchan.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.Channel;
import java.nio.channels.SocketChannel;

/** What is done to sockets in more than one place. */
final class Sockets {
  private Sockets() {}

  /** Closes it, in good order as far as it was ended before. */
  static void close(Channel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      System.getLogger(Sockets.class.getName())
          .log(System.Logger.Level.DEBUG, "closing a socket", e);
    }
  }

  /** Closes it with a reset, where its kind has one. Rule GW-13. */
  static void reset(SocketChannel socket) {
    try {
      if (socket.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
        socket.setOption(StandardSocketOptions.SO_LINGER, 0);
      }
    } catch (IOException e) {
      // It was reset by its peer, or is closed already.
    }
    close(socket);
  }

  /** An address for people; empty for a Unix socket without a name. */
  static String text(SocketAddress address) {
    if (address instanceof InetSocketAddress inet && inet.getAddress() != null) {
      return new Address.Tcp(inet.getAddress().getHostAddress(), inet.getPort()).toString();
    }
    return address.toString();
  }
}
