package io.libchan.benchmarks;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.libchan.benchmarks.wire.SamplesGrpc;
import io.libchan.benchmarks.wire.WireSample;
import io.libchan.benchmarks.wire.WireTally;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A client-streaming call, fed by a user thread that obeys {@code isReady}. */
final class GrpcOneWay implements Peer.OneWay, ClientResponseObserver<WireSample, WireTally> {
  private final Slot<WireTally> tally = new Slot<>();
  private final ClientCallStreamObserver<WireSample> call;
  private volatile @Nullable Thread sender;

  GrpcOneWay(SamplesGrpc.SamplesStub stub) {
    this.call = (ClientCallStreamObserver<WireSample>) stub.send(this);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WireSample> call) {
    call.setOnReadyHandler(this::wakeSender);
  }

  @Override
  public void send(Sample sample) throws Exception {
    if (!call.isReady()) {
      awaitReady();
    }
    call.onNext(WireSamples.toWire(sample));
  }

  private void awaitReady() throws ExecutionException, InterruptedException {
    sender = Thread.currentThread();
    while (!call.isReady()) {
      tally.throwIfFailed();
      LockSupport.park(this);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
    sender = null;
  }

  private void wakeSender() {
    LockSupport.unpark(sender);
  }

  @Override
  public Received end() throws Exception {
    call.onCompleted();
    WireTally received = tally.take();
    return new Received(received.getCount(), received.getMisplaced());
  }

  @Override
  public void onNext(WireTally received) {
    tally.put(received);
  }

  @Override
  public void onError(Throwable failure) {
    tally.fail(failure);
    wakeSender();
  }

  @Override
  public void onCompleted() {}

  @Override
  public void close() {
    call.cancel("closed", null); // no effect on a call that has ended
  }
}
