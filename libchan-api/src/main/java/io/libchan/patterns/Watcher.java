package io.libchan.patterns;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.Sender;
import io.libchan.async.Async;
import io.libchan.async.AsyncSender;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who watches a {@link Latest}. At most one value waits for room; a newer one takes its place.
 *
 * <p>Thread-safe: whoever comes while another thread looks has it look again.
 */
final class Watcher<T> {
  private final Sender<T> sender;
  private final Supplier<Latest.Version<T>> newest;
  private final AsyncSender<T> sending;
  private final AtomicInteger owed = new AtomicInteger();

  // Only of the thread that looks.
  private @Nullable CompletableFuture<@Nullable Void> waiting;
  private long number;
  private boolean ended;

  Watcher(Sender<T> sender, Supplier<Latest.Version<T>> newest, Executor executor) {
    this.sender = sender;
    this.newest = newest;
    sending = Async.of(sender, executor);
  }

  /** The value has changed, or nothing comes any more. */
  void look() {
    if (owed.getAndIncrement() != 0) {
      return;
    }
    int seen = owed.get();
    do {
      take(newest.get());
      seen = owed.addAndGet(-seen);
    } while (seen != 0);
  }

  private void take(Latest.Version<T> version) {
    T value = version.value();
    if (value != null && version.number() > number) {
      number = version.number();
      if (waiting != null) {
        waiting.cancel(false); // what was too late for that is under way
      }
      waiting = sending.send(value);
      CompletableFuture<?> unused = waiting.whenComplete((nothing, failure) -> failed(failure));
    }
    if (version.end() != null && !ended) {
      ended = true;
      end(version.end());
    }
  }

  private void failed(@Nullable Throwable failure) {
    if (failure == null || failure instanceof CancellationException) {
      return;
    }
    // A watcher that can't be given the newest value must not believe in an older one.
    sender.fail(
        failure instanceof ChannelException known && !known.reason().isEnd()
            ? known.reason()
            : Reason.of(io.libchan.ReasonCode.FAILED, "the newest value can't be sent"));
  }

  private void end(Reason reason) {
    Runnable end = reason.isEnd() ? sender::close : () -> sender.fail(reason);
    if (waiting == null) {
      end.run();
    } else {
      CompletableFuture<?> unused = waiting.whenComplete((nothing, failure) -> end.run());
    }
  }
}
