package io.libchan.transport.netty.sockets;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes closing gentle: after the last byte it ends only our direction, and closes when the peer
 * has ended its own. A socket closed with unread input would send a reset, and that reset destroys
 * what the peer has not read yet: our last bytes, or the TLS alert that says why we refuse it.
 *
 * <p>First in the pipeline; closing from its own context is closing at once. Used on the event loop
 * only.
 */
public final class Linger extends ChannelDuplexHandler {
  private static final System.Logger LOG = System.getLogger(Linger.class.getName());
  private static final long REFUSED_MILLIS = 1000;

  private final long closeMillis;
  private boolean inputEnded;
  private boolean outputEnded;
  private boolean refused;
  private boolean impatient;
  private @Nullable ChannelPromise waiting;

  public Linger(long closeMillis) {
    this.closeMillis = closeMillis;
  }

  /** Closes a socket at once, past TLS and without waiting, with a reset. Any thread. */
  public static void cut(Channel channel) {
    try {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    } catch (ChannelException e) {
      LOG.log(System.Logger.Level.DEBUG, "the socket closes by itself", e);
    }
    closeNow(channel);
  }

  /** Closes a socket at once, past TLS and without waiting. Any thread. */
  public static void closeNow(Channel channel) {
    ChannelHandlerContext context = channel.pipeline().context(Linger.class);
    if (context == null) {
      channel.close();
    } else {
      context.close();
    }
  }

  /** Whether everything was written and the peer knows that it has it all. */
  public boolean outputEnded() {
    return outputEnded;
  }

  /**
   * The handshake failed: nothing more is read.
   *
   * @param patient whether to give the peer a little time to read why
   */
  public void refuse(boolean patient) {
    refused = true;
    impatient = !patient;
  }

  /** The peer has ended: what is not written has no reader, and there is no end to wait for. */
  public void hurry() {
    impatient = true;
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    if (impatient || !ctx.channel().isActive()) {
      ctx.close(promise);
    } else if (waiting != null) {
      ctx.channel().closeFuture().addListener(done -> promise.trySuccess());
    } else {
      waiting = promise;
      long bound = refused ? REFUSED_MILLIS : closeMillis;
      var late = ctx.executor().schedule(() -> ctx.close(), bound, TimeUnit.MILLISECONDS);
      ctx.channel().closeFuture().addListener(done -> late.cancel(false));
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(
              written -> {
                if (written.isSuccess()) {
                  endOutput(ctx, promise);
                } else {
                  ctx.close(promise);
                }
              });
    }
  }

  private void endOutput(ChannelHandlerContext ctx, ChannelPromise promise) {
    outputEnded = true;
    if (inputEnded || !(ctx.channel() instanceof DuplexChannel channel)) {
      ctx.close(promise);
      return;
    }
    channel.shutdownOutput();
    channel.config().setAutoRead(true);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object bytes) {
    if (refused) {
      ReferenceCountUtil.release(bytes);
    } else {
      ctx.fireChannelRead(bytes);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      inputEnded = true;
      if (outputEnded) {
        ctx.fireUserEventTriggered(event);
        ctx.close();
        return;
      }
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (waiting != null) {
      waiting.trySuccess();
    }
    ctx.fireChannelInactive();
  }
}
