package io.libchan.transport.tcp;

import io.libchan.ConnectFailed;
import io.libchan.Options;
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

/** Makes one connection: looks up the name, tries each address, shakes hands. Used once. */
final class Dialer {
  private final Address address;
  private final Options options;
  private final TcpOptions tcp;
  private final long deadlineNanos;

  Dialer(Address address, Options options) {
    this.address = address;
    this.options = options;
    tcp = TcpTransport.tcpOptions(options);
    deadlineNanos = System.nanoTime() + options.connectTimeout().toNanos();
  }

  SocketConnection connect() throws ConnectFailed, InterruptedException {
    TlsOptions tls = TlsOptions.of(options);
    SslContext context = address.isTls() ? tls.contexts().client() : null;
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

  private SocketConnection connect(
      InetSocketAddress target, @Nullable SslContext context, TlsOptions tls)
      throws ConnectFailed, InterruptedException {
    Loops.Lease lease = Loops.lease(tcp);
    AtomicReference<@Nullable SocketConnection> made = new AtomicReference<>();
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
    SocketConnection connection = made.get();
    if (!connected.isSuccess() || connection == null) {
      lease.release();
      throw Failures.notConnected(
          address, Address.text(target), options.connectTimeout().toMillis(), error(connected));
    }
    return shakeHands(connection, connected.channel());
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

  private SocketConnection install(Channel channel, @Nullable SslContext context, TlsOptions tls) {
    SocketConnection connection = new SocketConnection(channel, options, context != null);
    connection.install(
        context == null
            ? null
            : tls.contexts().clientHandler(context, channel.alloc(), address, handshakeMillis()));
    return connection;
  }

  private SocketConnection shakeHands(SocketConnection connection, Channel channel)
      throws ConnectFailed, InterruptedException {
    Promise<SocketConnection> ready = connection.ready();
    await(ready, channel, handshakeMillis());
    if (!ready.isSuccess()) {
      if (!channel.closeFuture().await(1000)) {
        connection.abort();
      }
      throw TlsErrors.handshake(address, options.handshakeTimeout().toMillis(), error(ready));
    }
    return connection;
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
