package io.libchan.transport.netty.sockets;

import io.libchan.transport.netty.TcpOptions;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.util.HashMap;
import java.util.Map;

/** The settings of every connected socket. */
public final class SocketSettings {
  private static final int LOW_BYTES = 64 * 1024;
  private static final int HIGH_BYTES = 128 * 1024;

  private SocketSettings() {}

  public static Map<ChannelOption<?>, Object> of(TcpOptions tcp) {
    Map<ChannelOption<?>, Object> settings = new HashMap<>();
    settings.put(ChannelOption.TCP_NODELAY, tcp.tcpNoDelay());
    settings.put(ChannelOption.SO_KEEPALIVE, true);
    settings.put(
        ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(LOW_BYTES, HIGH_BYTES));
    settings.put(
        ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(512, 4096, HIGH_BYTES));
    if (tcp.sendBufferBytes() > 0) {
      settings.put(ChannelOption.SO_SNDBUF, tcp.sendBufferBytes());
    }
    if (tcp.receiveBufferBytes() > 0) {
      settings.put(ChannelOption.SO_RCVBUF, tcp.receiveBufferBytes());
    }
    return settings;
  }
}
