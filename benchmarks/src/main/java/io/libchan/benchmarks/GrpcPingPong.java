package io.libchan.benchmarks;

import io.grpc.stub.StreamObserver;
import io.libchan.benchmarks.wire.SamplesGrpc;
import io.libchan.benchmarks.wire.WireSample;

/** A bidirectional call with one record under way. */
final class GrpcPingPong implements Peer.PingPong, StreamObserver<WireSample> {
  private final Slot<Sample> reply = new Slot<>();
  private final StreamObserver<WireSample> call;

  GrpcPingPong(SamplesGrpc.SamplesStub stub) {
    this.call = stub.echo(this);
  }

  @Override
  public long exchange(Sample sample) throws Exception {
    call.onNext(WireSamples.toWire(sample));
    return reply.take().id();
  }

  @Override
  public void onNext(WireSample wire) {
    reply.put(WireSamples.fromWire(wire));
  }

  @Override
  public void onError(Throwable failure) {
    reply.fail(failure);
  }

  @Override
  public void onCompleted() {}

  @Override
  public void close() {
    call.onCompleted();
  }
}
