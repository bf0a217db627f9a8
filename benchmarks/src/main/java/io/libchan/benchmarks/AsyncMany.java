package io.libchan.benchmarks;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a number of exchanges under way where replies come by callback: one thread begins them, a
 * reply makes room for the next. Callbacks on any thread.
 */
final class AsyncMany {
  private final int outstanding;
  private final Semaphore free;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  AsyncMany(int outstanding) {
    this.outstanding = outstanding;
    this.free = new Semaphore(outstanding);
  }

  Rate run(Duration time, Begin begin) throws Exception {
    Stopwatch watch = new Stopwatch();
    long count = 0;
    do {
      free.acquire();
      begin.begin(Samples.at(count++));
    } while (!watch.isOver(time) && failure.get() == null);
    free.acquire(outstanding); // every exchange has ended
    long nanos = watch.nanos();
    if (failure.get() != null) {
      throw new IllegalStateException("an exchange failed", failure.get());
    }
    return new Rate(count, nanos);
  }

  void replied(Sample sent, long repliedId) {
    if (sent.id() == repliedId) {
      free.release();
    } else {
      failed(new Checks.Mismatch("sent record " + sent.id() + ", the reply was " + repliedId));
    }
  }

  void failed(Throwable cause) {
    failure.compareAndSet(null, cause);
    free.release(outstanding);
  }

  /** Begins one exchange. */
  interface Begin {
    void begin(Sample sample) throws Exception;
  }
}
