package io.libchan.benchmarks;

import io.grpc.stub.StreamObserver;
import io.libchan.benchmarks.wire.SamplesGrpc;
import io.libchan.benchmarks.wire.WireSample;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A bidirectional call. With many records under way the callback answers for the replies. */
final class GrpcEcho implements Peer.Echo, StreamObserver<WireSample> {
  private final Slot<Sample> reply = new Slot<>();
  private final StreamObserver<WireSample> call;
  private volatile @Nullable AsyncMany many;
  private long position; // of the callbacks, which come one after the other

  GrpcEcho(SamplesGrpc.SamplesStub stub) {
    this.call = stub.echo(this);
  }

  @Override
  public void send(Sample sample) {
    call.onNext(WireSamples.toWire(sample));
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
  public void onNext(WireSample wire) {
    Sample sample = WireSamples.fromWire(wire);
    AsyncMany run = many;
    if (run == null) {
      reply.put(sample);
    } else {
      run.replied(Samples.at(position++), sample.id());
    }
  }

  @Override
  public void onError(Throwable failure) {
    reply.fail(failure);
    AsyncMany run = many;
    if (run != null) {
      run.failed(failure);
    }
  }

  @Override
  public void onCompleted() {}

  @Override
  public void close() {
    call.onCompleted();
  }
}
