package io.libchan.transport.spdy;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * In front of the frame codec: keeps what came with the last bytes of the handshake until there is
 * somebody to read it, and lets nobody ask for more bytes while reading is paused. The codec does,
 * after every read, as it does not see that it handed frames on.
 *
 * <p>Used on the event loop only.
 */
final class Gate extends ChannelDuplexHandler {
  private final Queue<Object> kept = new ArrayDeque<>(1);
  private boolean open;
  private boolean paused;

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (open) {
      ctx.fireChannelRead(message);
    } else {
      kept.add(message);
    }
  }

  @Override
  public void read(ChannelHandlerContext ctx) {
    if (!paused) {
      ctx.read();
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

  /** Nobody reads from now on, or everybody may again. */
  void pause(boolean value) {
    paused = value;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    kept.forEach(ReferenceCountUtil::release);
    kept.clear();
  }
}
