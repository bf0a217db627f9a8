package io.libchan.patterns;

import io.libchan.Sender;
import io.libchan.calls.Call;
import io.libchan.calls.Caller;
import io.libchan.spi.Ends;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** One worker of {@link Workers}. Thread-safe, except what the workers' lock guards. */
final class Worker<J, R> {
  private final Sender<Call<J, R>> sender;
  private final Caller<J, R> caller;

  // Guarded by the lock of Workers.
  int jobs;

  Worker(Sender<Call<J, R>> sender) {
    this.sender = sender;
    caller = new Caller<>(sender);
  }

  CompletableFuture<R> begin(Workers.Job<J, R> job) {
    Callable<CompletableFuture<R>> calling = job.context.wrap(() -> caller.callAsync(job.content));
    try {
      return calling.call();
    } catch (Exception e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Whether nothing can be sent to it any more. */
  boolean isGone() {
    return Ends.port(sender).ended() != null;
  }

  void end() {
    caller.close();
  }
}
