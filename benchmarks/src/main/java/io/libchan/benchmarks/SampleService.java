package io.libchan.benchmarks;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.libchan.benchmarks.wire.SamplesGrpc;
import io.libchan.benchmarks.wire.WireChunk;
import io.libchan.benchmarks.wire.WireSample;
import io.libchan.benchmarks.wire.WireTally;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The gRPC server; tuned, it asks for records in batches, not one by one. Thread-safe. */
final class SampleService extends SamplesGrpc.SamplesImplBase {
  private static final int CREDIT = 256;

  private final boolean batched;
  private final LongAdder records = new LongAdder();

  SampleService(boolean batched) {
    this.batched = batched;
  }

  /** Records received so far, of all calls that only send. */
  long received() {
    return records.sum();
  }

  @Override
  public StreamObserver<WireSample> send(StreamObserver<WireTally> reply) {
    return new Sink<WireSample>(reply) {
      @Override
      Tally begin(WireSample first) {
        return new Tally();
      }

      @Override
      long id(WireSample wire) {
        records.increment();
        return WireSamples.fromWire(wire).id();
      }
    };
  }

  @Override
  public StreamObserver<WireChunk> bulk(StreamObserver<WireTally> reply) {
    return new Sink<WireChunk>(reply) {
      @Override
      Tally begin(WireChunk first) {
        return Chunks.tally(first.getData().size());
      }

      @Override
      long id(WireChunk wire) {
        return wire.getData().asReadOnlyByteBuffer().getLong(0);
      }
    };
  }

  @Override
  public StreamObserver<WireSample> echo(StreamObserver<WireSample> reply) {
    return new Echo(reply);
  }

  /** Keeps between half of the credit and all of it with the client. */
  private abstract class Handler<M, T> implements StreamObserver<M> {
    final ServerCallStreamObserver<T> reply;
    private int taken;

    Handler(StreamObserver<T> reply) {
      this.reply = (ServerCallStreamObserver<T>) reply;
      if (batched) {
        this.reply.disableAutoRequest();
        this.reply.request(CREDIT);
      }
    }

    abstract void take(M wire);

    @Override
    public void onNext(M wire) {
      take(wire);
      if (batched && ++taken == CREDIT / 2) {
        taken = 0;
        reply.request(CREDIT / 2);
      }
    }

    @Override
    public void onError(Throwable failure) {
      // a cancelled call: its client knows
    }
  }

  private abstract class Sink<M> extends Handler<M, WireTally> {
    private @Nullable Tally tally;

    Sink(StreamObserver<WireTally> reply) {
      super(reply);
    }

    abstract Tally begin(M first);

    abstract long id(M wire);

    @Override
    void take(M wire) {
      if (tally == null) {
        tally = begin(wire);
      }
      tally.add(id(wire), wire);
    }

    @Override
    public void onCompleted() {
      Received received = tally == null ? new Received(0, 0) : tally.received();
      reply.onNext(
          WireTally.newBuilder()
              .setCount(received.count())
              .setMisplaced(received.misplaced())
              .build());
      reply.onCompleted();
    }
  }

  private final class Echo extends Handler<WireSample, WireSample> {
    Echo(StreamObserver<WireSample> reply) {
      super(reply);
    }

    @Override
    void take(WireSample wire) {
      reply.onNext(WireSamples.toWire(WireSamples.fromWire(wire)));
    }

    @Override
    public void onCompleted() {
      reply.onCompleted();
    }
  }
}
