package io.libchan.benchmarks;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.libchan.benchmarks.wire.WireChunk;
import io.libchan.benchmarks.wire.WireTally;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.util.DefaultPayload;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The server of {@link RsocketPeer}. A stream whose first message is one of the names here is
 * counted, any other one is answered message by message. Thread-safe.
 */
final class RsocketService implements RSocket {
  static final String COUNT = "count";
  static final String CHUNKS = "chunks";

  private static final int DEMAND = 1024;

  @Override
  public Mono<Payload> requestResponse(Payload payload) {
    return Mono.just(answer(payload));
  }

  @Override
  public Flux<Payload> requestChannel(Publisher<Payload> messages) {
    return Flux.from(messages)
        .switchOnFirst(
            (first, all) -> {
              Payload begin = first.get();
              String name =
                  begin == null || begin.sliceData().readableBytes() > 6 ? "" : begin.getDataUtf8();
              return switch (name) {
                case COUNT -> count(all, new Records());
                case CHUNKS -> count(all, new Blobs());
                default -> all.map(RsocketService::answer);
              };
            });
  }

  private static Payload answer(Payload payload) {
    return RsocketPeer.payload(WireSamples.toWire(RsocketPeer.sample(payload)));
  }

  private static Flux<Payload> count(Flux<Payload> all, Sink sink) {
    return all.limitRate(DEMAND).doOnNext(sink::take).then(Mono.fromSupplier(sink::reply)).flux();
  }

  /** Counts what comes after the name. */
  private abstract static class Sink {
    private boolean named;
    private @Nullable Tally tally;

    void take(Payload payload) {
      try {
        if (named) {
          count(payload);
        }
        named = true;
      } finally {
        payload.release();
      }
    }

    private void count(Payload payload) {
      Object message = read(payload);
      if (tally == null) {
        tally = begin(message);
      }
      tally.add(id(message), message);
    }

    abstract Object read(Payload payload);

    abstract Tally begin(Object first);

    abstract long id(Object message);

    Payload reply() {
      Received received = tally == null ? new Received(0, 0) : tally.received();
      return DefaultPayload.create(
          WireTally.newBuilder()
              .setCount(received.count())
              .setMisplaced(received.misplaced())
              .build()
              .toByteArray());
    }
  }

  private static final class Records extends Sink {
    @Override
    Object read(Payload payload) {
      return RsocketPeer.sample(payload.retain());
    }

    @Override
    Tally begin(Object first) {
      return new Tally();
    }

    @Override
    long id(Object message) {
      return ((Sample) message).id();
    }
  }

  private static final class Blobs extends Sink {
    @Override
    Object read(Payload payload) {
      try {
        return WireChunk.parseFrom(payload.sliceData().nioBuffer()).getData();
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    Tally begin(Object first) {
      return Chunks.tally(((ByteString) first).size());
    }

    @Override
    long id(Object message) {
      return ((ByteString) message).asReadOnlyByteBuffer().getLong(0);
    }
  }
}
