package io.libchan.transport.tcp;

import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.ByteConnection;
import io.libchan.transport.netty.sockets.Linger;
import io.libchan.transport.netty.sockets.Outbound;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A socket as the engine sees it. Every call of the handler is made on the event loop of the
 * socket, one after the other.
 *
 * <p>Thread-safe.
 */
final class SocketConnection implements ByteConnection, Outbound.Sink {
  private final Channel channel;
  private final EventLoop loop;
  private final Options options;
  private final boolean tls;
  private final FutureListener<Void> written = this::written;
  private final Inbound inbound;
  private final Outbound outbound;
  private final Linger linger;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean closeAsked = new AtomicBoolean();
  private final PeerInfo peer;

  // On the event loop only.
  private boolean closing;
  private boolean peerEnded;
  private @Nullable IOException cause;

  private SocketConnection(Channel channel, Linger linger, PeerInfo peer, Options options) {
    this.channel = channel;
    this.linger = linger;
    this.peer = peer;
    this.options = options;
    tls = channel.pipeline().get(SslHandler.class) != null;
    loop = channel.eventLoop();
    inbound = new Inbound(this, channel, tls);
    outbound = tls ? new Outbound(this, channel) : Outbound.plain(this, channel);
  }

  /** Makes a connection of a socket. Reading stops until there is somebody to read for. */
  static Future<SocketConnection> begin(
      Channel channel, Linger linger, PeerInfo peer, Options options) {
    SocketConnection connection = new SocketConnection(channel, linger, peer, options);
    channel.pipeline().addLast("libchan", connection.inbound);
    channel.config().setAutoRead(false);
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    return connection.loop.newSucceededFuture(connection);
  }

  Outbound outbound() {
    return outbound;
  }

  @Override
  public PeerInfo peer() {
    return peer;
  }

  @Override
  public void start(Handler handler) {
    if (!started.compareAndSet(false, true)) {
      throw new IllegalStateException("started twice");
    }
    onLoop(
        () -> {
          inbound.start(handler);
          outbound.start(handler);
        });
  }

  @Override
  public void wantWrite() {
    outbound.wake();
  }

  @Override
  public void close() {
    if (closeAsked.compareAndSet(false, true)) {
      onLoop(this::beginClose);
    }
  }

  @Override
  public void abort() {
    onLoop(() -> fail(new IOException("aborted by this side")));
  }

  @Override
  public void write(ByteBuf bytes) {
    if (tls) {
      channel
          .write(bytes)
          .addListener(written); // what does TLS drops the failure of a void promise
    } else {
      channel.write(bytes, channel.voidPromise());
    }
  }

  private void written(Future<?> write) {
    if (!write.isSuccess()) {
      inbound.failed(write.cause());
    }
  }

  @Override
  public void finish() {
    channel.close();
  }

  private void beginClose() {
    if (closing || !channel.isOpen()) {
      return;
    }
    closing = true;
    var late =
        loop.schedule(this::closeLate, options.closeTimeout().toMillis(), TimeUnit.MILLISECONDS);
    channel.closeFuture().addListener(done -> late.cancel(false));
    outbound.finish();
  }

  private void closeLate() {
    if (linger.outputEnded()) {
      Linger.closeNow(channel); // all is written, only the peer's own end is missing
    } else {
      fail(
          new IOException(
              "closing took longer than "
                  + options.closeTimeout().toMillis()
                  + " ms: not everything was written"));
    }
  }

  /** The peer has ended in good order. */
  void peerEnded() {
    peerEnded = true;
    if (!closing) {
      linger.hurry();
      channel.close();
    }
  }

  /** Whether one of the sides ended in good order. */
  boolean endedInOrder() {
    return closing || peerEnded;
  }

  /** An error of the socket or of TLS; one of writing comes when the socket is closed already. */
  void broke(IOException why) {
    if (cause == null) {
      cause = why;
    }
    fail(why);
  }

  /** Ends the connection with a cause, at once; the first cause wins. */
  @Override
  public void fail(IOException why) {
    if (!channel.isOpen()) {
      return;
    }
    if (cause == null) {
      cause = why;
    }
    Linger.cut(channel);
  }

  /** The cause if there is one. */
  @Nullable IOException cause() {
    return cause;
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
