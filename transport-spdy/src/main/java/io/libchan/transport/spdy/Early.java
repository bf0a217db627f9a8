package io.libchan.transport.spdy;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;

/** Keeps what came with the last bytes of the handshake until there is somebody to read it. */
final class Early extends ChannelInboundHandlerAdapter {
  private final Queue<Object> kept = new ArrayDeque<>(1);
  private boolean open;

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (open) {
      ctx.fireChannelRead(message);
    } else {
      kept.add(message);
    }
  }

  /** Lets everything through from now on. */
  void open(ChannelHandlerContext ctx) {
    open = true;
    for (Object message = kept.poll(); message != null; message = kept.poll()) {
      ctx.fireChannelRead(message);
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    kept.forEach(ReferenceCountUtil::release);
    kept.clear();
  }
}
