package io.libchan.benchmarks;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.libchan.benchmarks.wire.WireTally;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A client-streaming call, fed by a user thread that obeys {@code isReady}. */
final class GrpcUpload<M> implements ClientResponseObserver<M, WireTally> {
  private final Slot<WireTally> tally = new Slot<>();
  private final ClientCallStreamObserver<M> call;
  private volatile @Nullable Thread sender;

  GrpcUpload(Function<StreamObserver<WireTally>, StreamObserver<M>> method) {
    this.call = (ClientCallStreamObserver<M>) method.apply(this);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<M> call) {
    call.setOnReadyHandler(this::wakeSender);
  }

  /** Blocks while the far end is behind. */
  void send(M message) throws Exception {
    if (!call.isReady()) {
      awaitReady();
    }
    call.onNext(message);
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

  /** What the far end has taken. */
  Received end() throws Exception {
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

  void close() {
    call.cancel("closed", null); // no effect on a call that has ended
  }
}
