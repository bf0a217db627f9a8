package io.libchan.benchmarks;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.libchan.benchmarks.wire.SamplesGrpc;
import io.libchan.benchmarks.wire.WireChunk;
import io.libchan.benchmarks.wire.WireSample;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * gRPC as it comes, or tuned: no executor between event loop and user code, and credit in batches
 * on the server, which user code that blocks cannot have. One HTTP/2 connection; a stream is a
 * call.
 */
final class GrpcPeer implements Peer {
  private final Loops serverLoops = new Loops("grpc-server");
  private final Loops clientLoops = new Loops("grpc-client");
  private final boolean tuned;
  private final @Nullable Tls tls;
  private final SampleService service;
  private final Server server;
  private final ManagedChannel channel;
  private final SamplesGrpc.SamplesStub stub;

  private GrpcPeer(boolean tuned, @Nullable Tls tls) throws IOException {
    this.tuned = tuned;
    this.tls = tls;
    this.service = new SampleService(tuned);
    this.server = startServer();
    this.channel = openChannel(server.getPort());
    this.stub = SamplesGrpc.newStub(channel);
  }

  static Peer startTuned() throws IOException {
    return new GrpcPeer(true, null);
  }

  static Peer startTunedTls() throws IOException {
    return new GrpcPeer(true, Tls.boringSsl(GrpcSslContexts::configure));
  }

  static Peer startDefault() throws IOException {
    return new GrpcPeer(false, null);
  }

  @Override
  public OneWay oneWay() {
    GrpcUpload<WireSample> upload = new GrpcUpload<>(stub::send);
    return new OneWay() {
      @Override
      public void send(Sample sample) throws Exception {
        upload.send(WireSamples.toWire(sample));
      }

      @Override
      public Received end() throws Exception {
        return upload.end();
      }

      @Override
      public void close() {
        upload.close();
      }
    };
  }

  @Override
  public Bulk bulk() {
    GrpcUpload<WireChunk> upload = new GrpcUpload<>(stub::bulk);
    return new Bulk() {
      @Override
      public void write(byte[] chunk) throws Exception {
        upload.send(WireChunk.newBuilder().setData(UnsafeByteOperations.unsafeWrap(chunk)).build());
      }

      @Override
      public Received end() throws Exception {
        return upload.end();
      }

      @Override
      public void close() {
        upload.close();
      }
    };
  }

  @Override
  public List<OneWay> oneWays(int count) {
    return Stream.generate(this::oneWay).limit(count).toList();
  }

  @Override
  public long receivedOnStreams() {
    return service.received();
  }

  /** A message of bytes is what bulk is made of here. */
  @Override
  public Bulk messages(int bytes) {
    return bulk();
  }

  @Override
  public Echo echo() {
    return new GrpcEcho(stub);
  }

  @Override
  public AutoCloseable idle(int count) throws Exception {
    List<GrpcEcho> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      GrpcEcho call = new GrpcEcho(stub);
      calls.add(call);
      call.send(Samples.at(i));
      Checks.sameId(Samples.at(i), call.receive());
    }
    return () -> calls.forEach(GrpcEcho::close);
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
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    if (tuned) {
      builder.directExecutor();
    }
    if (tls != null) {
      builder.sslContext(tls.server());
    }
    return builder
        .maxInboundMessageSize(Size.MAX_MESSAGE_BYTES)
        .bossEventLoopGroup(serverLoops.group())
        .workerEventLoopGroup(serverLoops.group())
        .channelType(serverLoops.serverChannel())
        .withChildOption(ChannelOption.TCP_NODELAY, true)
        .addService(service)
        .build()
        .start();
  }

  private ManagedChannel openChannel(int port) {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    if (tuned) {
      builder.directExecutor();
    }
    if (tls == null) {
      builder.usePlaintext();
    } else {
      builder.sslContext(tls.client());
    }
    return builder
        .eventLoopGroup(clientLoops.group())
        .channelType(clientLoops.clientChannel(), InetSocketAddress.class)
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
      AsyncMany many = new AsyncMany(atOnce);
      return many.run(
          time,
          sample ->
              GrpcExchange.start(
                  stub, sample, reply -> many.replied(sample, reply.id()), many::failed));
    }

    @Override
    public void close() {}
  }
}
