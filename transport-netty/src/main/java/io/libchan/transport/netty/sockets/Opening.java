package io.libchan.transport.netty.sockets;

import io.libchan.PeerInfo;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseNotifier;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a socket: it is connected, TLS shakes hands, and the wire takes over, all of it
 * within one time-out. Used on the event loop only.
 *
 * @param <C> what comes out
 */
final class Opening<C> extends ChannelInboundHandlerAdapter {
  /** Takes over a socket that is ready for its wire. */
  @FunctionalInterface
  interface Next<C> {
    Future<C> begin(Channel channel, Linger linger, @Nullable SslHandler tls) throws Exception;
  }

  private final Linger linger;
  private final @Nullable SslHandler tls;
  private final String awaited;
  private final long millis;
  private final Next<C> next;
  private final Promise<C> ready;

  private Opening(
      Linger linger,
      @Nullable SslHandler tls,
      String awaited,
      long millis,
      Next<C> next,
      Promise<C> ready) {
    this.linger = linger;
    this.tls = tls;
    this.awaited = awaited;
    this.millis = millis;
    this.next = next;
    this.ready = ready;
  }

  /**
   * Fills the pipeline of a socket that is not connected yet.
   *
   * @param closeMillis how long closing may take
   * @param tls what does TLS; null on a plain socket
   * @param awaited what the peer has to begin with, for people
   * @param millis how long it may take from the connection on
   * @param next takes over
   * @return done when the wire's handshake is; else the socket is closed, or about to
   */
  static <C> Promise<C> install(
      Channel channel,
      long closeMillis,
      @Nullable SslHandler tls,
      String awaited,
      long millis,
      Next<C> next) {
    Promise<C> ready = channel.eventLoop().newPromise();
    Linger linger = new Linger(closeMillis);
    channel.pipeline().addLast("linger", linger);
    if (tls != null) {
      channel.pipeline().addLast("tls", tls);
    }
    channel.pipeline().addLast("opening", new Opening<>(linger, tls, awaited, millis, next, ready));
    return ready;
  }

  /** What a socket and its TLS prove of the peer. */
  static PeerInfo peer(Channel channel, @Nullable SslHandler tls, Protocol protocol) {
    String scheme = protocol.scheme(tls != null);
    String address = Address.text(channel.remoteAddress());
    return tls == null
        ? PeerInfo.of(scheme, address)
        : TlsPeer.of(scheme, address, tls.engine().getSession());
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    if (tls == null) {
      begin(ctx);
    }
    if (!ready.isDone()) {
      // After that of TLS, which has the better message.
      var late = ctx.executor().schedule(() -> late(ctx), millis, TimeUnit.MILLISECONDS);
      ready.addListener(done -> late.cancel(false));
    }
  }

  private void late(ChannelHandlerContext ctx) {
    String message = "no " + awaited + " within " + millis + " ms";
    ready.tryFailure(Failures.connect(message, null));
    Linger.cut(ctx.channel());
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
      ctx.fireUserEventTriggered(event);
    } else if (handshake.isSuccess()) {
      begin(ctx);
    } else {
      linger.refuse(ctx.channel().parent() != null); // only a listener explains itself
      ready.tryFailure(handshake.cause());
    }
  }

  private void begin(ChannelHandlerContext ctx) {
    try {
      Future<C> begun = next.begin(ctx.channel(), linger, tls);
      ctx.pipeline().remove(this);
      begun.addListener(new PromiseNotifier<>(false, ready));
    } catch (Exception e) {
      ready.tryFailure(e);
      Linger.cut(ctx.channel());
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable error) {
    // The handshake fails with it, and the promise tells that.
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ready.tryFailure(new ClosedChannelException());
    ctx.fireChannelInactive();
  }
}
