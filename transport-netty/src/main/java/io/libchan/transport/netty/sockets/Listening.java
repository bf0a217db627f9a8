package io.libchan.transport.netty.sockets;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Transport.Acceptor;
import io.libchan.spi.Transport.Bound;
import io.libchan.transport.netty.TcpOptions;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket, the wires that it serves, and the handshakes of the connections that came
 * through it. Thread-safe.
 */
public final class Listening {
  private static final System.Logger LOG = System.getLogger(Listening.class.getName());
  private static final long BOUND_MILLIS = 10_000;

  private final Address address;
  private final Options options;
  private final IntFunction<URI> uri;
  private final List<ServedWire<?>> wires;
  private final List<String> alpn;
  private final TcpOptions tcp;
  private final TlsContexts tls;
  private final Handshakes handshakes;

  /**
   * Not bound yet.
   *
   * @param uri the listener's URI with this port
   * @param servers the wires that it serves, at least one
   * @param acceptor takes the connections of the engine that come of them
   */
  public Listening(
      Address address,
      Options options,
      IntFunction<URI> uri,
      List<WireServer> servers,
      Acceptor acceptor) {
    this.address = address;
    this.options = options;
    this.uri = uri;
    List<ServedWire<?>> served = new ArrayList<>();
    for (WireServer server : servers) {
      served.add(
          new ServedWire<>(
              server.protocol(), server.serve(uri.apply(address.port()), options, acceptor)));
    }
    wires = List.copyOf(served);
    alpn = wires.stream().flatMap(wire -> wire.protocol().alpns().stream()).toList();
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
      tls.server(alpn); // tells now what would fail each handshake
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
    return new Socket(bound.channel(), lease, handshakes, wires, uri.apply(port));
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
    long millis = options.handshakeTimeout().toMillis();
    Opening.install(
            channel,
            options.closeTimeout().toMillis(),
            address.isTls() ? tls.serverHandler(alpn, channel.alloc(), millis) : null,
            Detector.names(wires),
            millis,
            this::begin)
        .addListener((Future<Runnable> ready) -> ready(channel, ready));
  }

  private Future<Runnable> begin(Channel channel, Linger linger, @Nullable SslHandler handler)
      throws Exception {
    if (wires.size() == 1) {
      return wires.get(0).begin(channel, linger, handler);
    }
    String chosen = handler == null ? null : handler.applicationProtocol();
    for (ServedWire<?> wire : wires) {
      if (wire.protocol().alpn().equals(chosen)) {
        return wire.begin(channel, linger, handler);
      }
    }
    return Detector.begin(wires, channel, linger, handler);
  }

  /** A handshake is over; only good ones get any further. */
  private void ready(Channel channel, Future<Runnable> ready) {
    if (!ready.isSuccess()) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "handshake with {0} failed: {1}",
          channel.remoteAddress(),
          ready.cause());
      return;
    }
    if (!handshakes.succeeded(channel)) {
      Linger.cut(channel);
      return;
    }
    try {
      ready.getNow().run();
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "the acceptor failed", e);
      Linger.cut(channel);
    }
  }

  private record Socket(
      Channel channel, Loops.Lease lease, Handshakes handshakes, List<ServedWire<?>> wires, URI uri)
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
      wires.forEach(wire -> wire.served().close());
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
