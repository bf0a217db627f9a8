package io.libchan.async;

import io.libchan.Select;
import io.libchan.spi.Ends;
import io.libchan.spi.Selection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One run of a select as a future; see {@link Async#run}. The future is busy from the first to the
 * last: who gives it up has to wait until no message is on offer any more.
 *
 * <p>Thread-safe.
 */
final class AsyncSelect extends Serial {
  private final Selection selection;
  private final Future future;
  private final Wake wake = new Wake(this);

  // Only turns touch these.
  private boolean ended;
  private @Nullable CompletableFuture<Boolean> timer; // true when it is time

  AsyncSelect(Select select, Executor executor) {
    super(executor);
    selection = Ends.begin(select);
    future = new Future(this);
    future.begin();
  }

  private static final class Future extends Request<Boolean> {
    Future(Serial work) {
      super(work, new Requests<>());
    }
  }

  CompletableFuture<Boolean> start() {
    schedule();
    return future;
  }

  @Override
  void turn() {
    if (ended) {
      return;
    }
    stopTimer();
    if (future.isGivenUp() || refusal() != null) {
      selection.giveUp();
    }
    if (selection.advance()) {
      end();
    } else {
      selection.await(wake);
      startTimer();
    }
  }

  private void end() {
    ended = true;
    boolean givenUp = selection.isGivenUp();
    RejectedExecutionException refused = future.isGivenUp() ? null : refusal();
    try {
      boolean ran = selection.conclude();
      if (!givenUp) {
        future.finish(ran);
      } else if (refused != null) {
        future.fail(refused);
      } else {
        future.surrender();
      }
    } catch (Throwable e) {
      future.fail(e);
    }
  }

  private void startTimer() {
    long at = selection.wakeAt();
    if (at != Selection.NEVER) {
      CompletableFuture<Boolean> started = new CompletableFuture<>();
      timer = started;
      CompletableFuture<?> unused =
          started.thenAccept(
              due -> {
                if (due) {
                  schedule();
                }
              });
      long left = Math.max(0, at - System.nanoTime());
      started.completeOnTimeout(true, left, TimeUnit.NANOSECONDS);
    }
  }

  /** Lets the library's timer forget it, and with it the run. */
  private void stopTimer() {
    if (timer != null) {
      timer.complete(false); // not by cancel, which JDK 17's timer does not notice
      timer = null;
    }
  }
}
