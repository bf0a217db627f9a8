package io.libchan.benchmarks;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.libchan.benchmarks.wire.WireChunk;
import io.libchan.benchmarks.wire.WireSample;
import io.libchan.benchmarks.wire.WireTally;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.core.RSocketConnector;
import io.rsocket.core.RSocketServer;
import io.rsocket.frame.decoder.PayloadDecoder;
import io.rsocket.transport.netty.client.TcpClientTransport;
import io.rsocket.transport.netty.server.CloseableChannel;
import io.rsocket.transport.netty.server.TcpServerTransport;
import io.rsocket.util.DefaultPayload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.publisher.SynchronousSink;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/**
 * RSocket over TCP, with protobuf messages made from records and back. One connection; a stream is
 * a requestChannel, and for short ones a requestResponse by choice. Its streams are pulled, so a
 * one-way stream is generated where demand comes.
 */
final class RsocketPeer implements Peer {
  private static final int FRAGMENT_BYTES = 2 << 20; // a frame has less than 16 MiB

  private final LoopResources serverLoops = LoopResources.create("rsocket-server", 1, true);
  private final LoopResources clientLoops = LoopResources.create("rsocket-client", 1, true);
  private final boolean response;
  private final CloseableChannel server;
  private final RSocket client;

  private RsocketPeer(boolean response) {
    this.response = response;
    server =
        RSocketServer.create((setup, sending) -> Mono.just(new RsocketService()))
            .payloadDecoder(PayloadDecoder.ZERO_COPY)
            .fragment(FRAGMENT_BYTES)
            .bindNow(
                TcpServerTransport.create(
                    TcpServer.create().host("127.0.0.1").port(0).runOn(serverLoops)));
    client =
        RSocketConnector.create()
            .payloadDecoder(PayloadDecoder.ZERO_COPY)
            .fragment(FRAGMENT_BYTES)
            .connect(
                TcpClientTransport.create(
                    TcpClient.create().remoteAddress(server::address).runOn(clientLoops)))
            .block(Duration.ofSeconds(10));
  }

  static Peer startChannels() {
    return new RsocketPeer(false);
  }

  static Peer startResponses() {
    return new RsocketPeer(true);
  }

  static Payload payload(WireSample wire) {
    return DefaultPayload.create(wire.toByteArray());
  }

  /** Reads the message and releases its buffer. */
  static Sample sample(Payload payload) {
    try {
      return WireSamples.fromWire(WireSample.parseFrom(payload.sliceData().nioBuffer()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    } finally {
      payload.release();
    }
  }

  private static Payload payload(byte[] chunk) {
    return DefaultPayload.create(
        WireChunk.newBuilder()
            .setData(UnsafeByteOperations.unsafeWrap(chunk))
            .build()
            .toByteArray());
  }

  private static Received received(Payload payload) {
    try {
      WireTally tally = WireTally.parseFrom(payload.sliceData().nioBuffer());
      return new Received(tally.getCount(), tally.getMisplaced());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    } finally {
      payload.release();
    }
  }

  @Override
  public @Nullable OneWay oneWay() {
    if (response) {
      return null;
    }
    return new OneWay() {
      private final CompletableFuture<Received> result = new CompletableFuture<>();

      @Override
      public void send(Sample sample) {
        throw new UnsupportedOperationException("it pulls");
      }

      @Override
      public long run(Duration time) {
        return generate(
            RsocketService.COUNT,
            time,
            position -> payload(WireSamples.toWire(Samples.at(position))),
            OneWay.BETWEEN_LOOKS,
            result);
      }

      @Override
      public Received end() throws Exception {
        return result.get();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public @Nullable Bulk bulk() {
    return response ? null : messages();
  }

  @Override
  public @Nullable Bulk messages(int bytes) {
    return response ? null : messages();
  }

  private Bulk messages() {
    return new Bulk() {
      private final CompletableFuture<Received> result = new CompletableFuture<>();

      @Override
      public void write(byte[] chunk) {
        throw new UnsupportedOperationException("it pulls");
      }

      @Override
      public long run(Chunks chunks, Duration time) {
        long looks = Math.max(1, OneWay.BETWEEN_LOOKS * 1024L / chunks.bytes());
        return generate(
            RsocketService.CHUNKS, time, position -> payload(chunks.at(position)), looks, result);
      }

      @Override
      public Received end() throws Exception {
        return result.get();
      }

      @Override
      public void close() {}
    };
  }

  private interface Make {
    Payload at(long position);
  }

  /** Blocks until the tally is there; returns how many were sent. */
  private long generate(
      String what, Duration time, Make make, long looks, CompletableFuture<Received> result) {
    Stopwatch watch = new Stopwatch();
    long[] sent = new long[1]; // written by one thread at a time, read after the reply
    Flux<Payload> messages =
        Flux.generate(
            (SynchronousSink<Payload> sink) -> {
              long position = sent[0];
              if (position > 0 && position % looks == 0 && watch.isOver(time)) {
                sink.complete();
              } else {
                sent[0] = position + 1;
                sink.next(make.at(position));
              }
            });
    Payload tally =
        client
            .requestChannel(messages.startWith(DefaultPayload.create(what)))
            .blockLast(time.plusSeconds(30));
    if (tally == null) {
      result.completeExceptionally(new Checks.Mismatch("the stream ended without a tally"));
    } else {
      result.complete(received(tally));
    }
    return sent[0];
  }

  @Override
  public @Nullable Echo echo() {
    return response ? null : new ChannelEcho(client);
  }

  @Override
  public AutoCloseable idle(int count) throws Exception {
    List<ChannelEcho> streams = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ChannelEcho stream = new ChannelEcho(client);
      streams.add(stream);
      stream.send(Samples.at(i));
      Checks.sameId(Samples.at(i), stream.receive());
    }
    return () -> streams.forEach(ChannelEcho::close);
  }

  @Override
  public Opens opens() {
    return new Opens() {
      @Override
      public long once(Sample sample) throws Exception {
        Slot<Sample> closed = new Slot<>();
        begin(sample, closed::put, closed::fail);
        return closed.take().id();
      }

      @Override
      public Rate many(int atOnce, Duration time) throws Exception {
        AsyncMany many = new AsyncMany(atOnce);
        return many.run(
            time, sample -> begin(sample, reply -> many.replied(sample, reply.id()), many::failed));
      }

      @Override
      public void close() {}
    };
  }

  private void begin(Sample sample, Consumer<Sample> closed, Consumer<Throwable> failed) {
    if (response) {
      client
          .requestResponse(payload(WireSamples.toWire(sample)))
          .subscribe(reply -> closed.accept(sample(reply)), failed);
    } else {
      new ChannelExchange(closed, failed).start(client, sample);
    }
  }

  @Override
  public void close() {
    client.dispose();
    server.dispose();
    clientLoops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
    serverLoops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
  }

  /** One short stream: open, one record, its reply, close by this side, end by the other. */
  private static final class ChannelExchange {
    private final Consumer<Sample> closed;
    private final Consumer<Throwable> failed;
    private final Sinks.One<Payload> end = Sinks.one();
    private @Nullable Sample reply;

    ChannelExchange(Consumer<Sample> closed, Consumer<Throwable> failed) {
      this.closed = closed;
      this.failed = failed;
    }

    void start(RSocket client, Sample sample) {
      Flux<Payload> there =
          Flux.concat(Flux.just(payload(WireSamples.toWire(sample))), end.asMono());
      client.requestChannel(there).subscribe(this::replied, failed, this::ended);
    }

    private void replied(Payload payload) {
      reply = sample(payload);
      end.tryEmitEmpty();
    }

    private void ended() {
      if (reply == null) {
        failed.accept(new Checks.Mismatch("the stream ended without a reply"));
      } else {
        closed.accept(reply);
      }
    }
  }

  /** With many records under way the callback answers for the replies. */
  private static final class ChannelEcho implements Echo {
    private final Sinks.Many<Payload> there = Sinks.many().unicast().onBackpressureBuffer();
    private final Slot<Sample> reply = new Slot<>();
    private final Disposable stream;
    private volatile @Nullable AsyncMany many;
    private long position; // of the callbacks, which come one after the other

    ChannelEcho(RSocket client) {
      stream = client.requestChannel(there.asFlux()).subscribe(this::replied, this::failed);
    }

    private void replied(Payload payload) {
      Sample sample = sample(payload);
      AsyncMany run = many;
      if (run == null) {
        reply.put(sample);
      } else {
        run.replied(Samples.at(position++), sample.id());
      }
    }

    private void failed(Throwable failure) {
      reply.fail(failure);
      AsyncMany run = many;
      if (run != null) {
        run.failed(failure);
      }
    }

    /** What waits here is bounded by what may be under way. */
    @Override
    public void send(Sample sample) {
      there.emitNext(payload(WireSamples.toWire(sample)), Sinks.EmitFailureHandler.FAIL_FAST);
    }

    @Override
    public long receive() throws Exception {
      return reply.take().id();
    }

    @Override
    public Rate many(int outstanding, Duration time) throws Exception {
      AsyncMany run = new AsyncMany(outstanding);
      position = 0;
      many = run;
      Rate rate = run.run(time, this::send);
      many = null;
      return rate;
    }

    @Override
    public void close() {
      there.tryEmitComplete();
      stream.dispose();
    }
  }
}
