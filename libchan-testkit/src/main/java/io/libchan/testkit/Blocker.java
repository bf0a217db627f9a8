package io.libchan.testkit;

import io.libchan.Reason;
import io.libchan.calls.CallContext;
import io.libchan.calls.CallHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A handler that answers only when it is let go, and tells whether it was interrupted. */
final class Blocker implements CallHandler<Note, Note> {
  /** Why the first call that was interrupted was not wanted any more. */
  final CompletableFuture<Reason> interrupted = new CompletableFuture<>();

  private final Semaphore entered = new Semaphore(0);
  private final CountDownLatch open = new CountDownLatch(1);

  @Override
  public Note handle(Note request) throws InterruptedException {
    entered.release();
    try {
      if (!open.await(Waits.BOUND.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new AssertionError("nobody let the handler go");
      }
      return request;
    } catch (InterruptedException e) {
      Reason reason = CallContext.current().cancelled();
      if (reason == null) {
        interrupted.completeExceptionally(new AssertionError("interrupted, but still wanted"));
      } else {
        interrupted.complete(reason);
      }
      throw e;
    }
  }

  /** Waits until so many further calls are inside. */
  void awaitEntered(int calls) throws InterruptedException {
    if (!entered.tryAcquire(calls, Waits.BOUND.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new AssertionError("only " + entered.availablePermits() + " of " + calls + " calls");
    }
  }

  /** How many calls came in that nobody waited for. */
  int moreEntered() {
    return entered.availablePermits();
  }

  /** Lets everybody go. */
  void open() {
    open.countDown();
  }
}
