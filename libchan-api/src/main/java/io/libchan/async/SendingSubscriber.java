package io.libchan.async;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * See {@link Async#subscriber}. The subscription is called in turns only, so serially. Thread-safe.
 */
final class SendingSubscriber<T> extends Serial implements Flow.Subscriber<T> {
  private static final int MAX_WINDOW = 64;

  private final Sender<T> sender;
  private final AsyncSender<T> async;
  private final int window;
  private final AtomicReference<Flow.@Nullable Subscription> subscription = new AtomicReference<>();
  private final AtomicInteger room;
  private volatile boolean ended; // by the publisher: the subscription is not called any more
  private volatile boolean stopped; // by the channel: the subscription is to be cancelled
  private boolean cancelled; // only turns'

  SendingSubscriber(Sender<T> sender, Executor executor) {
    super(Objects.requireNonNull(executor));
    this.sender = sender;
    async = new AsyncSender<>(sender, executor);
    window = Math.max(1, Math.min(MAX_WINDOW, sender.capacity()));
    room = new AtomicInteger(window);
  }

  @Override
  public void onSubscribe(Flow.Subscription newSubscription) {
    if (!subscription.compareAndSet(null, Objects.requireNonNull(newSubscription))) {
      newSubscription.cancel();
      return;
    }
    sender.closed().thenRun(this::stop);
    schedule();
  }

  @Override
  public void onNext(T message) {
    CompletableFuture<?> unused =
        async.send(message).whenComplete((nothing, failure) -> left(failure));
  }

  private void left(@Nullable Throwable failure) {
    if (failure == null) {
      room.incrementAndGet();
      schedule();
    } else {
      stop();
      sender.fail(reason(failure));
    }
  }

  @Override
  public void onError(Throwable failure) {
    Reason reason = reason(failure);
    ended = true;
    async.afterwards(() -> sender.fail(reason));
  }

  @Override
  public void onComplete() {
    ended = true;
    async.afterwards(sender::close);
  }

  private void stop() {
    stopped = true;
    schedule();
  }

  @Override
  void turn() {
    Flow.Subscription target = subscription.get();
    if (target == null || ended || cancelled) {
      return;
    }
    if (stopped) {
      cancelled = true;
      target.cancel();
      return;
    }
    int free = room.get();
    if (free >= (window + 1) / 2) {
      room.addAndGet(-free);
      target.request(free);
    }
  }

  private static Reason reason(Throwable failure) {
    if (failure instanceof ChannelException known && !known.reason().isEnd()) {
      return known.reason();
    }
    String text = failure.getMessage();
    return Reason.of(ReasonCode.FAILED, text == null ? failure.getClass().getSimpleName() : text);
  }
}
