package io.libchan.benchmarks;

import io.libchan.benchmarks.wire.SamplesGrpc;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Starts gRPC calls from one thread and keeps a given number open. Callbacks on any thread. */
final class ManyCalls {
  private final SamplesGrpc.SamplesStub stub;
  private final int atOnce;
  private final Semaphore free;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  ManyCalls(SamplesGrpc.SamplesStub stub, int atOnce) {
    this.stub = stub;
    this.atOnce = atOnce;
    this.free = new Semaphore(atOnce);
  }

  Rate run(Duration time) throws Exception {
    long start = System.nanoTime();
    long count = 0;
    while (System.nanoTime() - start < time.toNanos() && failure.get() == null) {
      free.acquire();
      begin(Samples.at(count++));
    }
    free.acquire(atOnce); // every call has ended
    long nanos = System.nanoTime() - start;
    if (failure.get() != null) {
      throw new IllegalStateException("a call failed", failure.get());
    }
    return new Rate(count, nanos);
  }

  private void begin(Sample sample) {
    GrpcExchange.start(stub, sample, reply -> end(sample, reply), this::fail);
  }

  private void end(Sample sample, Sample reply) {
    try {
      Checks.sameId(sample, reply.id());
      free.release();
    } catch (Checks.Mismatch mismatch) {
      fail(mismatch);
    }
  }

  private void fail(Throwable cause) {
    failure.compareAndSet(null, cause);
    free.release();
  }
}
