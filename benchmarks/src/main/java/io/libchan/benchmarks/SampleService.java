package io.libchan.benchmarks;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.libchan.benchmarks.wire.SamplesGrpc;
import io.libchan.benchmarks.wire.WireSample;
import io.libchan.benchmarks.wire.WireTally;

/** The gRPC server: asks for records in batches, not one by one. Thread-safe. */
final class SampleService extends SamplesGrpc.SamplesImplBase {
  private static final int CREDIT = 256;

  @Override
  public StreamObserver<WireSample> send(StreamObserver<WireTally> reply) {
    return new Sink((ServerCallStreamObserver<WireTally>) reply);
  }

  @Override
  public StreamObserver<WireSample> echo(StreamObserver<WireSample> reply) {
    return new Echo((ServerCallStreamObserver<WireSample>) reply);
  }

  /** Keeps between half of the credit and all of it with the client. */
  private abstract static class Handler<T> implements StreamObserver<WireSample> {
    final ServerCallStreamObserver<T> reply;
    private int taken;

    Handler(ServerCallStreamObserver<T> reply) {
      this.reply = reply;
      reply.disableAutoRequest();
      reply.request(CREDIT);
    }

    abstract void take(Sample sample);

    @Override
    public void onNext(WireSample wire) {
      take(WireSamples.fromWire(wire));
      if (++taken == CREDIT / 2) {
        taken = 0;
        reply.request(CREDIT / 2);
      }
    }

    @Override
    public void onError(Throwable failure) {
      // a cancelled call: its client knows
    }
  }

  private static final class Sink extends Handler<WireTally> {
    private final Tally tally = new Tally();

    Sink(ServerCallStreamObserver<WireTally> reply) {
      super(reply);
    }

    @Override
    void take(Sample sample) {
      tally.add(sample.id(), sample);
    }

    @Override
    public void onCompleted() {
      Received received = tally.received();
      reply.onNext(
          WireTally.newBuilder()
              .setCount(received.count())
              .setMisplaced(received.misplaced())
              .build());
      reply.onCompleted();
    }
  }

  private static final class Echo extends Handler<WireSample> {
    Echo(ServerCallStreamObserver<WireSample> reply) {
      super(reply);
    }

    @Override
    void take(Sample sample) {
      reply.onNext(WireSamples.toWire(sample));
    }

    @Override
    public void onCompleted() {
      reply.onCompleted();
    }
  }
}
