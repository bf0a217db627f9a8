package io.libchan.transport.netty.sockets;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Transport.Bound;
import io.libchan.transport.netty.TcpOptions;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A listening socket, and the handshakes of the connections that came through it. Thread-safe.
 *
 * @param <C> what comes out of a handshake
 */
public final class Listening<C> {
  private static final System.Logger LOG = System.getLogger(Listening.class.getName());
  private static final long BOUND_MILLIS = 10_000;

  private final Address address;
  private final Options options;
  private final Protocol protocol;
  private final Function<Channel, Handshake<C>> maker;
  private final Consumer<C> acceptor;
  private final TcpOptions tcp;
  private final TlsContexts tls;
  private final Handshakes handshakes;

  /**
   * Not bound yet.
   *
   * @param maker makes what shakes hands on a socket
   * @param acceptor takes what comes out of the handshakes that succeed
   */
  public Listening(
      Address address,
      Options options,
      Protocol protocol,
      Function<Channel, Handshake<C>> maker,
      Consumer<C> acceptor) {
    this.address = address;
    this.options = options;
    this.protocol = protocol;
    this.maker = maker;
    this.acceptor = acceptor;
    tcp = TcpOptions.of(options);
    tls = TlsContexts.of(options);
    handshakes = new Handshakes(tcp.maxHandshakes());
  }

  /**
   * Binds the address.
   *
   * @throws ConnectFailed if that is not possible
   * @throws InterruptedException if interrupted; nothing is bound
   */
  public Bound bind() throws ConnectFailed, InterruptedException {
    if (address.isTls()) {
      tls.server(protocol); // tells now what would fail each handshake
    }
    InetSocketAddress local = Names.resolve(address, options).get(0);
    Loops.Lease lease = Loops.lease(tcp);
    ChannelFuture bound;
    try {
      bound = bootstrap(lease).bind(local);
    } catch (RuntimeException | Error e) {
      lease.release();
      throw e;
    }
    try {
      bound.await(BOUND_MILLIS);
    } catch (InterruptedException e) {
      bound.channel().close().addListener(done -> lease.release());
      throw e;
    }
    if (!bound.isSuccess()) {
      bound.channel().close();
      lease.release();
      Throwable cause = bound.cause();
      throw Failures.notBound(address, cause == null ? new java.io.IOException("late") : cause);
    }
    bound.channel().closeFuture().addListener(done -> lease.release());
    int port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
    return new Socket(bound.channel(), lease, handshakes, address.withPort(port).uri());
  }

  private ServerBootstrap bootstrap(Loops.Lease lease) {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(lease.group())
            .channelFactory(lease.sockets().servers())
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_BACKLOG, tcp.backlog())
            .handler(new AcceptBackOff(address))
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) throws ConnectFailed {
                    Loops.Lease own = lease.another();
                    channel.closeFuture().addListener(done -> own.release());
                    install(channel);
                  }

                  @Override
                  public void exceptionCaught(
                      io.netty.channel.ChannelHandlerContext ctx, Throwable cause) {
                    LOG.log(System.Logger.Level.WARNING, "refused a connection: {0}", cause);
                    ctx.close();
                  }
                });
    if (tcp.receiveBufferBytes() > 0) {
      bootstrap.option(ChannelOption.SO_RCVBUF, tcp.receiveBufferBytes());
    }
    SocketSettings.of(tcp).forEach((option, value) -> set(bootstrap, option, value));
    return bootstrap;
  }

  @SuppressWarnings("unchecked")
  private static void set(ServerBootstrap bootstrap, ChannelOption<?> option, Object value) {
    bootstrap.childOption((ChannelOption<Object>) option, value);
  }

  private void install(Channel channel) throws ConnectFailed {
    if (!handshakes.begin(channel)) {
      Linger.cut(channel);
      return;
    }
    Handshake<C> handshake = maker.apply(channel);
    handshake.ready().addListener((Future<C> ready) -> ready(channel, handshake, ready));
    handshake.install(
        address.isTls()
            ? tls.serverHandler(protocol, channel.alloc(), options.handshakeTimeout().toMillis())
            : null);
  }

  /** A handshake is over; only good ones get any further. */
  private void ready(Channel channel, Handshake<C> handshake, Future<C> ready) {
    if (!ready.isSuccess()) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "handshake with {0} failed: {1}",
          channel.remoteAddress(),
          ready.cause());
      return;
    }
    if (!handshakes.succeeded(channel)) {
      handshake.abort();
      return;
    }
    try {
      acceptor.accept(ready.getNow());
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "the acceptor failed", e);
      handshake.abort();
    }
  }

  private record Socket(Channel channel, Loops.Lease lease, Handshakes handshakes, URI uri)
      implements Bound {
    @Override
    public void close() {
      boolean waits = !channel.eventLoop().inEventLoop();
      Loops.Lease kept = lease.another();
      try {
        ChannelFuture closed = channel.close();
        handshakes.close();
        if (waits && closed.awaitUninterruptibly(BOUND_MILLIS, TimeUnit.MILLISECONDS)) {
          awaitRefusals();
        }
      } finally {
        kept.release();
      }
    }

    /**
     * NIO leaves a closed socket listening, and its backlog filling, until its selector has looked
     * again. What a task of the loop schedules on that loop runs only after that.
     */
    private void awaitRefusals() {
      if (!(channel instanceof NioServerSocketChannel)) {
        return;
      }
      EventLoop loop = channel.eventLoop();
      Promise<Void> looked = loop.newPromise();
      try {
        loop.execute(() -> loop.schedule(() -> looked.setSuccess(null), 0, TimeUnit.NANOSECONDS));
        looked.awaitUninterruptibly(BOUND_MILLIS);
      } catch (RejectedExecutionException e) {
        loop.terminationFuture().awaitUninterruptibly(BOUND_MILLIS);
      }
    }
  }
}
