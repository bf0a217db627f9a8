package io.libchan.transport.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Tells the codec in a turn of its own that the socket's buffer has filled or has room again. The
 * codec writes the head of a frame and its payload one after the other; a full buffer is flushed in
 * between, and told at once of the room, the codec would write other frames there. Used on the
 * event loop only.
 */
final class Writability extends ChannelInboundHandlerAdapter {
  private boolean pending;

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (!pending) {
      pending = true;
      ctx.executor()
          .execute(
              () -> {
                pending = false;
                ctx.fireChannelWritabilityChanged();
              });
    }
  }
}
