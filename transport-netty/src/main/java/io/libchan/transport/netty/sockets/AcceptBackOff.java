package io.libchan.transport.netty.sockets;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/** Stops accepting for a moment when it fails, as it does without free descriptors. */
public final class AcceptBackOff extends ChannelInboundHandlerAdapter {
  private static final System.Logger LOG = System.getLogger(AcceptBackOff.class.getName());
  private static final long PAUSE_MILLIS = 100;

  private final Address address;
  private boolean failing;

  public AcceptBackOff(Address address) {
    this.address = address;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object accepted) {
    failing = false;
    ctx.fireChannelRead(accepted);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!failing) {
      failing = true; // one line for each series
      LOG.log(System.Logger.Level.WARNING, "cannot accept at {0}: {1}", address, cause);
    }
    var config = ctx.channel().config();
    if (config.isAutoRead()) {
      config.setAutoRead(false);
      ctx.executor().schedule(() -> config.setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }
}
