package io.libchan.benchmarks;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.libchan.benchmarks.wire.SamplesGrpc;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * gRPC with the settings that make it fast: no executor between event loop and user code, and
 * credit in batches on the server. One HTTP/2 connection; a stream is a call. User code that blocks
 * cannot be run this way.
 */
final class GrpcTuned implements Peer {
  private final Loops serverLoops = new Loops("grpc-server");
  private final Loops clientLoops = new Loops("grpc-client");
  private final Server server;
  private final ManagedChannel channel;
  private final SamplesGrpc.SamplesStub stub;

  private GrpcTuned() throws IOException {
    this.server = startServer();
    this.channel = openChannel(server.getPort());
    this.stub = SamplesGrpc.newStub(channel);
  }

  static Peer start() throws IOException {
    return new GrpcTuned();
  }

  @Override
  public OneWay oneWay() {
    return new GrpcOneWay(stub);
  }

  @Override
  public PingPong pingPong() {
    return new GrpcPingPong(stub);
  }

  @Override
  public Opens opens() {
    return new NewCalls(stub);
  }

  @Override
  public void close() {
    try {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
      server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the loops end their connections anyway
    }
    clientLoops.close();
    serverLoops.close();
  }

  private Server startServer() throws IOException {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .bossEventLoopGroup(serverLoops.group())
        .workerEventLoopGroup(serverLoops.group())
        .channelType(serverLoops.serverChannel())
        .withChildOption(ChannelOption.TCP_NODELAY, true)
        .directExecutor()
        .addService(new SampleService())
        .build()
        .start();
  }

  private ManagedChannel openChannel(int port) {
    return NettyChannelBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .eventLoopGroup(clientLoops.group())
        .channelType(clientLoops.clientChannel(), InetSocketAddress.class)
        .directExecutor()
        .usePlaintext()
        .build();
  }

  private record NewCalls(SamplesGrpc.SamplesStub stub) implements Opens {
    @Override
    public long once(Sample sample) throws Exception {
      Slot<Sample> closed = new Slot<>();
      GrpcExchange.start(stub, sample, closed::put, closed::fail);
      return closed.take().id();
    }

    /** The calls are asynchronous, so one thread keeps them all going. */
    @Override
    public Rate many(int atOnce, Duration time) throws Exception {
      return new ManyCalls(stub, atOnce).run(time);
    }

    @Override
    public void close() {}
  }
}
