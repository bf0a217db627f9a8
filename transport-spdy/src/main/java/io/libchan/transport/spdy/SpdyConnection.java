package io.libchan.transport.spdy;

import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.ReferenceDialect;
import io.libchan.spi.StreamHeaders;
import io.libchan.transport.netty.sockets.Linger;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.spdy.DefaultSpdyGoAwayFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.SpdySessionStatus;
import io.netty.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A socket that speaks SPDY/3.1: its beginning, its end, and whether it is read. Every call of the
 * handler is made on the event loop of the socket.
 *
 * <p>Thread-safe where it is {@link MuxConnection}; else for the event loop.
 */
final class SpdyConnection implements MuxConnection, KeepAlive.Session {
  private final Channel channel;
  private final EventLoop loop;
  private final Options options;
  private final boolean connecting;
  private final Linger linger;
  private final Gate gate = new Gate();
  private final Inbound inbound;
  private final Streams streams;
  private final KeepAlive keepAlive;
  private final long stallNanos;
  private final AtomicBoolean started = new AtomicBoolean();
  private final PeerInfo peer;
  private volatile boolean paused;

  // On the event loop only.
  private MuxConnection.@Nullable Handler handler;
  private @Nullable Reason cause; // why it ends, once that is decided
  private boolean closing;
  private boolean goAwaySent;
  private boolean told;
  private int nextPing;

  private SpdyConnection(
      Channel channel, Linger linger, PeerInfo peer, Options options, boolean connecting) {
    this.channel = channel;
    this.linger = linger;
    this.peer = peer;
    this.options = options;
    this.connecting = connecting;
    loop = channel.eventLoop();
    SpdyOptions spdy = SpdyOptions.of(options);
    stallNanos = spdy.stallTimeout().toNanos();
    streams = new Streams(this, channel, options.limits(), connecting, spdy.dialect());
    inbound = new Inbound(this, streams, channel, options.limits());
    keepAlive =
        new KeepAlive(
            loop,
            options.keepAliveInterval().toNanos(),
            options.keepAliveTimeout().toNanos(),
            this);
    nextPing = connecting ? 1 : 2;
  }

  /** Makes a connection of a socket. Reading stops until there is somebody to read for. */
  static Future<SpdyConnection> begin(
      Channel channel, Linger linger, PeerInfo peer, Options options, boolean connecting) {
    SpdyConnection made = new SpdyConnection(channel, linger, peer, options, connecting);
    channel
        .pipeline()
        .addLast("gate", made.gate)
        .addLast("spdy", new FrameCodec(channel, options.limits().maxPreambleBytes()))
        .addLast("libchan", made.inbound);
    channel.config().setAutoRead(false);
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    channel.config().setOption(ChannelOption.SO_KEEPALIVE, true); // as pings prove little
    return made.loop.newSucceededFuture(made);
  }

  // ---- what the engine asks ----

  @Override
  public PeerInfo peer() {
    return peer;
  }

  @Override
  public ReferenceDialect dialect() {
    return streams.dialect();
  }

  @Override
  public void start(MuxConnection.Handler value) {
    if (!started.compareAndSet(false, true)) {
      throw new IllegalStateException("started twice");
    }
    onLoop(() -> begin(value));
  }

  private void begin(MuxConnection.Handler value) {
    handler = value;
    if (!channel.isActive()) {
      inactive();
      return;
    }
    inbound.start(value);
    streams.start(value);
    keepAlive.start();
    if (connecting) {
      ping(); // rule PORT-4: a port of several wires waits for the first bytes
    }
    ChannelHandlerContext here = channel.pipeline().context(gate);
    if (here != null) {
      gate.open(here);
    }
    if (!paused) {
      channel.config().setAutoRead(true);
    }
  }

  @Override
  public MuxStream open(StreamHeaders headers, Function<MuxStream, MuxStream.Handler> owner) {
    return streams.open(headers, owner);
  }

  @Override
  public void limitStreams(int count) {
    streams.limit(count);
  }

  @Override
  public void close() {
    onLoop(
        () -> {
          if (cause == null) {
            beginClose(Reason.of(ReasonCode.SESSION_CLOSED, "the session was closed here"));
          }
        });
  }

  @Override
  public void abort(Reason reason) {
    onLoop(() -> broken(reason));
  }

  // ---- the end ----

  /** What streams have to write is written, then GOAWAY, which must be last. Rule SPDY-2. */
  private void beginClose(Reason why) {
    if (closing) {
      return;
    }
    closing = true;
    cause = why;
    var late =
        loop.schedule(
            () -> Linger.cut(channel), options.closeTimeout().toMillis(), TimeUnit.MILLISECONDS);
    channel.closeFuture().addListener(done -> late.cancel(false));
    streams.turn();
    turned();
  }

  /** After each turn: whether all is written that closing waits for. */
  void turned() {
    if (closing && !goAwaySent && streams.allEnded()) {
      goAway(SpdySessionStatus.OK);
      channel.close();
    } else if (inbound.peerGoes() && !closing && streams.isEmpty()) {
      beginClose(closedByPeer());
    }
  }

  private static Reason closedByPeer() {
    return Reason.of(ReasonCode.SESSION_CLOSED, "the peer closed the session");
  }

  private void goAway(SpdySessionStatus status) {
    goAwaySent = true;
    streams.finish();
    channel.writeAndFlush(new DefaultSpdyGoAwayFrame(streams.lastPeerId(), status));
  }

  /** The peer's GOAWAY: what is open may end, for as long as closing may take. */
  void peerGoes() {
    streams.peerGoes();
    loop.schedule(
        () -> {
          if (!closing && channel.isActive()) {
            streams.endAll();
            beginClose(closedByPeer());
          }
        },
        options.closeTimeout().toMillis(),
        TimeUnit.MILLISECONDS);
    turned();
  }

  /** Ends the connection at once; the first reason counts. */
  void broken(Reason why) {
    if (cause == null) {
      cause = why;
    }
    if (!channel.isOpen()) {
      return;
    }
    if (!goAwaySent && channel.isActive() && handler != null) {
      goAway(
          why.code() == ReasonCode.PROTOCOL_ERROR || why.code() == ReasonCode.LIMIT
              ? SpdySessionStatus.PROTOCOL_ERROR
              : SpdySessionStatus.OK);
    }
    linger.hurry();
    channel.close();
  }

  /** The peer's end of the connection. Without GOAWAY nobody knows whether anything is missing. */
  void peerEnded() {
    if (!closing) {
      linger.hurry();
      lose(
          inbound.peerGoes()
              ? closedByPeer()
              : Reason.of(
                  ReasonCode.CONNECTION_LOST,
                  "the connection was lost: the peer ended it without GOAWAY"));
      channel.close();
    }
  }

  void lose(Reason why) {
    if (cause == null) {
      cause = why;
    }
  }

  void inactive() {
    keepAlive.stop();
    streams.finish();
    MuxConnection.Handler to = handler;
    if (to == null || told) {
      return;
    }
    told = true;
    Reason why = cause;
    to.lost(
        why == null
            ? Reason.of(ReasonCode.CONNECTION_LOST, "the connection was lost: it is gone")
            : why);
  }

  // ---- reading or not ----

  @Override
  public boolean isPaused() {
    return paused;
  }

  /** So much is unread. */
  void received(long unread) {
    if (unread >= options.limits().maxSessionBytes() && !paused) {
      paused = true;
      gate.pause(true);
      channel.config().setAutoRead(false);
      watch(streams.taken());
      resume(streams.unread()); // what was read before anybody knew of the pause tells nobody
    }
  }

  void resume(long unread) {
    if (paused && unread < options.limits().maxSessionBytes() / 2) {
      paused = false;
      gate.pause(false);
      keepAlive.heard();
      channel.config().setAutoRead(true);
    }
  }

  private void watch(long before) {
    loop.schedule(
        () -> {
          if (paused && channel.isActive()) {
            if (streams.taken() == before) {
              streams.resetLargest();
            }
            watch(streams.taken());
          }
        },
        stallNanos,
        TimeUnit.NANOSECONDS);
  }

  // ---- signs of life ----

  void heard() {
    keepAlive.heard();
  }

  @Override
  public boolean mayBeHeldBack() {
    return streams.anySent();
  }

  /** Whether a ping is one of ours that came back. */
  boolean isOurs(int ping) {
    return (ping & 1) == (connecting ? 1 : 0);
  }

  @Override
  public void ping() {
    channel.writeAndFlush(new DefaultSpdyPingFrame(nextPing));
    nextPing += 2;
    if (nextPing < 0) {
      nextPing = connecting ? 1 : 2;
    }
  }

  @Override
  public void silent(long nanos) {
    broken(
        Reason.of(
            ReasonCode.KEEPALIVE_TIMEOUT,
            "the connection was lost: the peer was silent for "
                + TimeUnit.NANOSECONDS.toMillis(nanos)
                + " ms"));
    Linger.cut(channel);
  }

  private void onLoop(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
      return;
    }
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The loop ended, and so the connection is closed; only a late handler is still to be told.
      options.executor().execute(task);
    }
  }
}
