package io.libchan.transport.netty.sockets;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

/** Which sockets Netty makes: epoll where its classes and native library are, else NIO. */
public record Sockets(
    IoHandlerFactory loops,
    ChannelFactory<? extends SocketChannel> clients,
    ChannelFactory<? extends ServerChannel> servers) {

  public static Sockets best() {
    return hasEpoll() ? epoll() : nio();
  }

  /** The sockets that fit an application's loops. */
  public static Sockets of(IoEventLoopGroup group) {
    if (group.isIoType(NioIoHandler.class)) {
      return nio();
    }
    if (hasEpoll() && group.isIoType(EpollIoHandler.class)) {
      return epoll();
    }
    throw new IllegalArgumentException("event loops must be of NIO or epoll: " + group);
  }

  public static Sockets nio() {
    return new Sockets(
        NioIoHandler.newFactory(), NioSocketChannel::new, NioServerSocketChannel::new);
  }

  private static Sockets epoll() {
    return new Sockets(
        EpollIoHandler.newFactory(0, LoopPoll::new), // 0: as many events at once as there are
        EpollSocketChannel::new,
        EpollServerSocketChannel::new);
  }

  static boolean isEpoll(Channel channel) {
    return hasEpoll() && channel instanceof EpollSocketChannel;
  }

  private static boolean hasEpoll() {
    try {
      return Epoll.isAvailable();
    } catch (LinkageError e) {
      return false; // the epoll module is optional on the module path
    }
  }
}
