package io.libchan.transport.netty.sockets;

import io.libchan.ConnectFailed;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseNotifier;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the first bytes of a socket until they tell its wire, and gives the socket to that with
 * all that came. Rules PORT-1 to PORT-4. Used on the event loop only.
 */
final class Detector extends ByteToMessageDecoder {
  private static final int SHOWN = 16;

  private final List<ServedWire<?>> wires;
  private final Linger linger;
  private final @Nullable SslHandler tls;
  private final Promise<Runnable> ready;
  private boolean decided;

  private Detector(
      List<ServedWire<?>> wires, Linger linger, @Nullable SslHandler tls, Promise<Runnable> ready) {
    this.wires = wires;
    this.linger = linger;
    this.tls = tls;
    this.ready = ready;
  }

  /** Begins to look; what comes out is that of the wire that is found. */
  static Future<Runnable> begin(
      List<ServedWire<?>> wires, Channel channel, Linger linger, @Nullable SslHandler tls) {
    Promise<Runnable> ready = channel.eventLoop().newPromise();
    channel.pipeline().addLast("detector", new Detector(wires, linger, tls, ready));
    return ready;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (decided) {
      in.skipBytes(in.readableBytes());
      return;
    }
    boolean possible = false;
    for (ServedWire<?> wire : wires) {
      String prefix = wire.protocol().prefix();
      if (beginsLike(in, prefix)) {
        if (in.readableBytes() >= prefix.length()) {
          give(ctx, wire);
          return;
        }
        possible = true;
      }
    }
    if (!possible) {
      refuse(ctx, in);
    }
  }

  private static boolean beginsLike(ByteBuf in, String prefix) {
    int length = Math.min(in.readableBytes(), prefix.length());
    for (int i = 0; i < length; i++) {
      if (in.getUnsignedByte(in.readerIndex() + i) != prefix.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private void give(ChannelHandlerContext ctx, ServedWire<?> wire) {
    decided = true;
    try {
      Future<Runnable> begun = wire.begin(ctx.channel(), linger, tls);
      ctx.pipeline().remove(this); // which hands on what is here
      begun.addListener(new PromiseNotifier<>(false, ready));
    } catch (Exception e) {
      ready.tryFailure(e);
      Linger.cut(ctx.channel());
    }
  }

  private void refuse(ChannelHandlerContext ctx, ByteBuf in) {
    decided = true;
    String shown = ByteBufUtil.hexDump(in, in.readerIndex(), Math.min(SHOWN, in.readableBytes()));
    in.skipBytes(in.readableBytes());
    ready.tryFailure(
        new ConnectFailed(
            Reason.of(
                ReasonCode.PROTOCOL_ERROR,
                "PORT-3: the first bytes are not those of " + names(wires) + ": " + shown)));
    linger.refuse(true);
    ctx.close();
  }

  /** The names of some wires, for people. */
  static String names(List<ServedWire<?>> wires) {
    return String.join(" or ", wires.stream().map(wire -> wire.protocol().name()).toList());
  }

  @Override
  protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    // The end of a prefix that is not there: nobody is told of its bytes.
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == SslCloseCompletionEvent.SUCCESS) {
      ctx.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable error) {
    ready.tryFailure(error);
    ctx.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ready.tryFailure(new ClosedChannelException());
  }
}
