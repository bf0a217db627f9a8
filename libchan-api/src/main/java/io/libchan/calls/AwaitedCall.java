package io.libchan.calls;

import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.async.Async;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A call whose answer is a future: whoever completes that first ends the call. Thread-safe.
 *
 * @param <A> the type of answers
 */
final class AwaitedCall<A> {
  private static final Reason GIVEN_UP =
      Reason.of(ReasonCode.CANCELLED, "the caller gave the call up");

  private final Receiver<Reply<A>> replies;
  private final Executor executor;
  private final CompletableFuture<A> future = new CompletableFuture<>();

  AwaitedCall(Receiver<Reply<A>> replies, Executor executor) {
    this.replies = replies;
    this.executor = executor;
  }

  CompletableFuture<A> future() {
    return future;
  }

  void fail(Throwable failure) {
    future.completeExceptionally(failure);
  }

  /** Waits for the answer to a request that is being sent. */
  void await(CompletableFuture<?> sending, @Nullable Deadline deadline) {
    var receiving = Async.of(replies, executor).receive();
    Alarm alarm = deadline == null ? null : new Alarm(deadline, executor, () -> expire(sending));
    CompletableFuture<?> unusedEnd =
        future.whenComplete(
            (answer, failure) -> {
              if (alarm != null) {
                alarm.cancel();
              }
              sending.cancel(false);
              receiving.cancel(false);
              replies.close(reason(failure));
            });
    CompletableFuture<?> unusedSent =
        sending.whenComplete(
            (nothing, failure) -> {
              if (failure != null && !sending.isCancelled()) {
                fail(failure);
              }
            });
    CompletableFuture<?> unusedReceived =
        receiving.whenComplete(
            (reply, failure) -> {
              if (failure != null) {
                fail(failure);
              } else {
                complete(reply);
              }
            });
  }

  /** Fails when the request is withdrawn or gone: as late as that, nothing leaves any more. */
  private void expire(CompletableFuture<?> sending) {
    sending.cancel(false);
    CompletableFuture<?> unused =
        sending.whenComplete((nothing, failure) -> fail(new ChannelReset(Deadline.passed())));
  }

  private void complete(@Nullable Reply<A> reply) {
    try {
      future.complete(Caller.answer(reply));
    } catch (CallFailed | ChannelException e) {
      fail(e);
    }
  }

  /** What the handler's side is told, if it still works. */
  private static Reason reason(@Nullable Throwable failure) {
    boolean late =
        failure instanceof TimeoutException
            || (failure instanceof ChannelException known
                && known.reason().code() == ReasonCode.DEADLINE);
    return late && !(failure instanceof CancellationException) ? Deadline.passed() : GIVEN_UP;
  }
}
