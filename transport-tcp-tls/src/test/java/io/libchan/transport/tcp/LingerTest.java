package io.libchan.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.transport.netty.sockets.Linger;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Sockets that are cut while they close by themselves. */
final class LingerTest {
  @Test
  void cuttingASocketThatHasJustClosedDoesNothing() throws Exception {
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    try {
      Channel channel = new NioSocketChannel();
      group.register(channel).sync();
      channel.close().sync();
      assertThatThrownBy(() -> channel.config().setOption(ChannelOption.SO_LINGER, 0))
          .isInstanceOf(ChannelException.class);
      Linger.cut(channel);
      assertThat(channel.isOpen()).isFalse();
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }
}
