package io.libchan.benchmarks;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.libchan.benchmarks.wire.SamplesGrpc;
import io.libchan.benchmarks.wire.WireSample;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One short call: open, one record, its reply, close. The callbacks run one after the other. */
final class GrpcExchange implements ClientResponseObserver<WireSample, WireSample> {
  private final Consumer<Sample> closed;
  private final Consumer<Throwable> failed;
  private @Nullable ClientCallStreamObserver<WireSample> call;
  private @Nullable Sample reply;

  private GrpcExchange(Consumer<Sample> closed, Consumer<Throwable> failed) {
    this.closed = closed;
    this.failed = failed;
  }

  /** Calls {@code closed} with the reply when the call is over, or {@code failed}. */
  static void start(
      SamplesGrpc.SamplesStub stub,
      Sample sample,
      Consumer<Sample> closed,
      Consumer<Throwable> failed) {
    stub.echo(new GrpcExchange(closed, failed)).onNext(WireSamples.toWire(sample));
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WireSample> call) {
    this.call = call;
  }

  @Override
  public void onNext(WireSample wire) {
    reply = WireSamples.fromWire(wire);
    if (call != null) {
      call.onCompleted();
    }
  }

  @Override
  public void onError(Throwable failure) {
    failed.accept(failure);
  }

  @Override
  public void onCompleted() {
    if (reply == null) {
      failed.accept(new Checks.Mismatch("the call ended without a reply"));
    } else {
      closed.accept(reply);
    }
  }
}
