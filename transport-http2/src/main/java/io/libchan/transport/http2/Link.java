package io.libchan.transport.http2;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.transport.http2.common.requests.Answers;
import io.libchan.transport.netty.sockets.Failures;
import io.libchan.transport.netty.sockets.Linger;
import io.libchan.transport.netty.sockets.TlsErrors;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection that speaks HTTP/2, of a client or of a listener. Ready when the peer has said
 * its SETTINGS.
 *
 * <p>Used on the event loop only, except where a method says otherwise.
 */
final class Link {
  /** What happens to a link. Called on its event loop. */
  interface Owner {
    /** Takes the requests that the peer opens. */
    ChannelHandler requests(Link link);

    /** How many requests may be open has changed, or whether there may be any more. */
    default void changed(Link link) {}

    /** The connection is gone. */
    default void gone(Link link) {}
  }

  private final Channel channel;
  private final EventLoop loop;
  private final Options options;
  private final Http2Options http2;
  private final String who;
  private final Owner owner;
  private final boolean server;
  private final Linger linger;
  private final PeerInfo peer;
  private final Promise<Link> ready;

  private volatile int limit = Integer.MAX_VALUE;
  private volatile boolean usable = true;

  private final FrameMeter meter;
  private int bodies;
  private int resets;
  private long resetWindow = System.nanoTime();
  private boolean closing;
  private long idleSince;
  private long idleNanos;
  private @Nullable Future<?> idleTimer;
  private @Nullable Future<?> watching;
  private @Nullable IOException cause;

  private Link(
      Channel channel, Linger linger, PeerInfo peer, String who, Options options, Owner owner) {
    this.channel = channel;
    this.linger = linger;
    this.peer = peer;
    this.who = who;
    this.options = options;
    this.owner = owner;
    http2 = Http2Options.of(options);
    meter = new FrameMeter(options.limits());
    server = channel.parent() != null;
    loop = channel.eventLoop();
    ready = loop.newPromise();
  }

  /**
   * Speaks HTTP/2 on a socket.
   *
   * @param who the peer, for people
   * @return done when the peer has said its SETTINGS
   */
  static Promise<Link> begin(
      Channel channel, Linger linger, PeerInfo peer, String who, Options options, Owner owner)
      throws Http2Exception, ConnectFailed {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls != null && !Http2Wire.PROTOCOL.alpn().equals(tls.applicationProtocol())) {
      throw Failures.connect(who + " speaks TLS but not HTTP/2: it chose no protocol", null);
    }
    Link link = new Link(channel, linger, peer, who, options, owner);
    link.install();
    return link.ready;
  }

  /** What the connection proves. Any thread. */
  PeerInfo peer() {
    return peer;
  }

  Channel channel() {
    return channel;
  }

  EventLoop loop() {
    return loop;
  }

  /** How many requests the peer lets us have open at once. Any thread. */
  int limit() {
    return limit;
  }

  /** Whether further requests may be opened. Any thread. */
  boolean usable() {
    return usable;
  }

  /** Why the connection went away, or is going to; null while nothing is known. */
  @Nullable IOException cause() {
    return cause;
  }

  /** A request begins here. */
  void opened() {
    bodies++;
  }

  /** A request is over. */
  void over() {
    bodies--;
    if (bodies == 0 && (closing || !usable)) {
      channel.close();
    } else if (bodies == 0 && server) {
      idle(http2.idleTimeout().toNanos());
    }
  }

  /** From now on it may be without a request for so long. A timer that runs already goes on. */
  private void idle(long nanos) {
    idleSince = System.nanoTime();
    if (idleTimer == null || nanos < idleNanos) {
      closeWhenIdle(nanos);
    }
    idleNanos = nanos;
  }

  private void closeWhenIdle(long afterNanos) {
    if (idleTimer != null) {
      idleTimer.cancel(false);
    }
    idleTimer = loop.schedule(this::lookWhetherIdle, afterNanos, TimeUnit.NANOSECONDS);
  }

  private void lookWhetherIdle() {
    idleTimer = null;
    if (bodies > 0) {
      return; // the last of them begins again
    }
    long left = idleNanos - (System.nanoTime() - idleSince);
    if (left > 0) {
      closeWhenIdle(left);
    } else {
      channel.close();
    }
  }

  /** Closes as soon as no request is open. Any thread. */
  void closeAfterLast() {
    try {
      loop.execute(
          () -> {
            closing = true;
            if (bodies == 0) {
              channel.close();
            }
          });
    } catch (RejectedExecutionException e) {
      // The last connection has closed by itself, and the loop ended with it.
    }
  }

  private void install() throws Http2Exception {
    channel.pipeline().addLast("link", new Events());
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    Codec.install(channel, "link", server, http2, meter, owner.requests(this));
    if (!server) {
      watch(options.keepAliveInterval().toNanos());
    }
  }

  /** Asks a silent peer for a sign of life: a dead connection takes no further request. */
  private void watch(long afterNanos) {
    watching = loop.schedule(this::look, afterNanos, TimeUnit.NANOSECONDS);
  }

  private void look() {
    long interval = options.keepAliveInterval().toNanos();
    long silent = System.nanoTime() - meter.lastReadNanos();
    if (silent < interval) {
      watch(interval - silent);
      return;
    }
    channel.writeAndFlush(new DefaultHttp2PingFrame(0));
    watching =
        loop.schedule(
            () -> {
              if (System.nanoTime() - meter.lastReadNanos() >= interval) {
                cause = new IOException("the peer was silent, and answered no PING");
                Linger.cut(channel);
              } else {
                look();
              }
            },
            options.keepAliveTimeout().toNanos(),
            TimeUnit.NANOSECONDS);
  }

  /** This side resets a request: a peer that makes it do so without end is cut. */
  void countReset() {
    if (!server || http2.maxResets() == 0) {
      return;
    }
    long now = System.nanoTime();
    if (now - resetWindow > TimeUnit.SECONDS.toNanos(Codec.RESET_SECONDS)) {
      resetWindow = now;
      resets = 0;
    }
    if (++resets > http2.maxResets()) {
      Codec.calm(channel, "resets: more than " + http2.maxResets() + " in 30 s were necessary");
    }
  }

  private void gone() {
    usable = false;
    if (idleTimer != null) {
      idleTimer.cancel(false);
    }
    if (watching != null) {
      watching.cancel(false);
    }
    ready.tryFailure(
        Failures.connect(who + " closed the connection before it spoke HTTP/2", cause));
    owner.gone(this);
  }

  /** The last in the pipeline of the connection. */
  private final class Events extends ChannelInboundHandlerAdapter {
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == ChannelInputShutdownEvent.INSTANCE) {
        linger.hurry();
        channel.close();
      } else {
        ReferenceCountUtil.release(event);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof Http2SettingsFrame settings) {
        Long streams = settings.settings().maxConcurrentStreams();
        if (streams != null) {
          limit = (int) Math.min(Integer.MAX_VALUE, streams);
        }
        if (ready.trySuccess(Link.this) && server) {
          idle(options.handshakeTimeout().toNanos());
        }
        owner.changed(Link.this);
      } else if (message instanceof Http2GoAwayFrame away) {
        goingAway(away);
      }
      ReferenceCountUtil.release(message);
    }

    private void goingAway(Http2GoAwayFrame away) {
      usable = false;
      if (away.errorCode() != Http2Error.NO_ERROR.code() && cause == null) {
        String why = away.content().toString(StandardCharsets.US_ASCII);
        cause =
            new IOException(
                "the peer ended the connection: "
                    + Codec.name(away.errorCode())
                    + (why.isEmpty() ? "" : ", " + Answers.printable(why)));
      }
      owner.changed(Link.this);
      if (bodies == 0) {
        channel.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable error) {
      if (cause == null && !(error instanceof ClosedChannelException)) {
        cause =
            error instanceof Http2Exception
                ? new IOException("HTTP/2 failed: " + Answers.printable("" + error.getMessage()))
                : TlsErrors.afterHandshake(error);
      }
      if (error instanceof Http2Exception) {
        ready.tryFailure(
            new ConnectFailed(
                Failures.connect(who + " does not speak HTTP/2", null).reason(), error));
      } else if (!(error instanceof ClosedChannelException)) {
        Linger.cut(channel);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      gone();
    }
  }
}
