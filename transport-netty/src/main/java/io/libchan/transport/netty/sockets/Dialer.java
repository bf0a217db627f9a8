package io.libchan.transport.netty.sockets;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.transport.netty.TcpOptions;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Makes one connection: looks up the name, tries each address, shakes hands. Used once.
 *
 * @param <C> what comes out
 */
public final class Dialer<C> {
  private final Address address;
  private final Options options;
  private final Protocol protocol;
  private final Handshake<C> handshake;
  private final TcpOptions tcp;
  private final long deadlineNanos;

  /**
   * A dialer whose time runs from now on.
   *
   * @param handshake what is made of the socket
   */
  public Dialer(Address address, Options options, Protocol protocol, Handshake<C> handshake) {
    this.address = address;
    this.options = options;
    this.protocol = protocol;
    this.handshake = handshake;
    tcp = TcpOptions.of(options);
    deadlineNanos = System.nanoTime() + options.connectTimeout().toNanos();
  }

  /**
   * Connects, waiting no longer than the connect time-out.
   *
   * @throws ConnectFailed with one clear line; nothing is left open
   * @throws InterruptedException if interrupted; nothing is left open
   */
  public C connect() throws ConnectFailed, InterruptedException {
    TlsContexts tls = TlsContexts.of(options);
    SslContext context = address.isTls() ? tls.client(protocol.alpns()) : null;
    Iterator<InetSocketAddress> targets = Names.resolve(address, options).iterator();
    while (true) {
      InetSocketAddress target = targets.next();
      try {
        return connect(target, context, tls);
      } catch (ConnectFailed e) {
        if (!targets.hasNext() || leftMillis() <= 1) {
          throw e;
        }
      }
    }
  }

  private C connect(InetSocketAddress target, @Nullable SslContext context, TlsContexts tls)
      throws ConnectFailed, InterruptedException {
    Loops.Lease lease = Loops.lease(tcp);
    AtomicReference<@Nullable Promise<C>> made = new AtomicReference<>();
    long millis = leftMillis();
    ChannelFuture connected;
    try {
      connected =
          bootstrap(lease, millis)
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel.closeFuture().addListener(done -> lease.release());
                      made.set(install(channel, context, tls));
                    }
                  })
              .connect(target);
    } catch (RuntimeException | Error e) {
      lease.release();
      throw e;
    }
    await(connected, connected.channel(), millis);
    Promise<C> ready = made.get();
    if (!connected.isSuccess() || ready == null) {
      lease.release();
      throw Failures.notConnected(
          address, Address.text(target), options.connectTimeout().toMillis(), error(connected));
    }
    return shakeHands(ready, connected.channel());
  }

  private Bootstrap bootstrap(Loops.Lease lease, long millis) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(lease.group())
            .channelFactory(lease.sockets().clients())
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(millis, 1 << 30));
    SocketSettings.of(tcp).forEach((option, value) -> set(bootstrap, option, value));
    return bootstrap;
  }

  @SuppressWarnings("unchecked")
  private static void set(Bootstrap bootstrap, ChannelOption<?> option, Object value) {
    bootstrap.option((ChannelOption<Object>) option, value);
  }

  private Promise<C> install(Channel channel, @Nullable SslContext context, TlsContexts tls) {
    long millis = handshakeMillis();
    return Opening.install(
        channel,
        options.closeTimeout().toMillis(),
        context == null ? null : tls.clientHandler(context, channel.alloc(), address, millis),
        protocol.name() + " from " + address,
        millis,
        (socket, linger, handler) ->
            handshake.begin(socket, linger, Opening.peer(socket, handler, protocol)));
  }

  private C shakeHands(Promise<C> ready, Channel channel)
      throws ConnectFailed, InterruptedException {
    await(ready, channel, handshakeMillis());
    if (!ready.isSuccess()) {
      if (!channel.closeFuture().await(1000)) {
        Linger.cut(channel);
      }
      if (ready.cause() instanceof ConnectFailed told) {
        throw told;
      }
      throw TlsErrors.handshake(
          address, protocol, options.handshakeTimeout().toMillis(), error(ready));
    }
    return ready.getNow();
  }

  /** Waits a little longer than Netty's own time-out, which gives the better message. */
  private static void await(Future<?> future, Channel channel, long millis)
      throws InterruptedException {
    try {
      if (!future.await(millis + 1000, TimeUnit.MILLISECONDS)) {
        Linger.cut(channel);
        future.await(1000);
      }
    } catch (InterruptedException e) {
      Linger.cut(channel);
      throw e;
    }
  }

  private static Throwable error(Future<?> future) {
    Throwable cause = future.cause();
    return cause == null ? new io.netty.channel.ConnectTimeoutException("no answer") : cause;
  }

  private long leftMillis() {
    return Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime()));
  }

  private long handshakeMillis() {
    return Math.min(leftMillis(), options.handshakeTimeout().toMillis());
  }
}
