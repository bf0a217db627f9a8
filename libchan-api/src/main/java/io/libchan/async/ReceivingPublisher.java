package io.libchan.async;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.spi.Ends;
import io.libchan.spi.ReceivePort;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** See {@link Async#publisher}. Thread-safe. */
final class ReceivingPublisher<T> implements Flow.Publisher<T> {
  private final Receiver<T> receiver;
  private final Executor executor;
  private final ReceivePort<T> firstPort;
  private final AtomicBoolean taken = new AtomicBoolean();

  ReceivingPublisher(Receiver<T> receiver, Executor executor) {
    this.receiver = receiver;
    this.executor = Objects.requireNonNull(executor);
    firstPort = Ends.port(receiver);
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    Objects.requireNonNull(subscriber);
    if (taken.compareAndSet(false, true)) {
      new Subscription(subscriber).schedule();
    } else {
      new Refusal(executor, subscriber).schedule();
    }
  }

  /** What the one subscriber gets. Signals come from turns, so they are serial. */
  private final class Subscription extends Serial implements Flow.Subscription {
    private final AtomicLong demand = new AtomicLong();
    private volatile boolean cancelled;
    private volatile boolean misused;

    // Only turns touch these, the subscriber until it is not called any more.
    private Flow.@Nullable Subscriber<? super T> subscriber;
    private boolean begun;
    private ReceivePort<T> port = firstPort;
    private @Nullable Wake wake;

    Subscription(Flow.Subscriber<? super T> subscriber) {
      super(executor);
      this.subscriber = subscriber;
    }

    @Override
    public void request(long count) {
      if (cancelled) {
        return; // rule 3.6 of reactive streams
      }
      if (count <= 0) {
        misused = true;
      } else {
        demand.accumulateAndGet(count, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
      }
      schedule();
    }

    @Override
    public void cancel() {
      cancelled = true;
      receiver.close();
      schedule();
    }

    @Override
    void turn() {
      Flow.Subscriber<? super T> target = subscriber;
      if (target == null) {
        return;
      }
      try {
        if (!begun) {
          begin(target);
        }
        boolean more = true;
        while (more) {
          more = !isOver(target) && deliver(target);
        }
      } catch (Throwable e) {
        // Rule 2.13 of reactive streams: it must not throw, so it has cancelled.
        stop(Reason.of(ReasonCode.FAILED, "the subscriber failed: " + e));
        System.getLogger("io.libchan")
            .log(System.Logger.Level.WARNING, "a subscriber failed; its channel is closed", e);
      }
    }

    private void begin(Flow.Subscriber<? super T> target) {
      begun = true;
      target.onSubscribe(this);
      receiver.closed().thenRun(this::schedule); // an end is told without being asked for
    }

    private boolean isOver(Flow.Subscriber<? super T> target) {
      if (cancelled) {
        stop(null);
      } else if (misused) {
        stop(Reason.of(ReasonCode.CANCELLED, "the subscriber asked for less than one message"));
        fail(target, new IllegalArgumentException("request of less than 1"));
      } else if (refusal() != null) {
        stop(Reason.of(ReasonCode.CANCELLED, "the subscriber's executor takes no tasks"));
        fail(target, refusal());
      }
      return subscriber == null;
    }

    /** Gives one signal; false if there is nothing to give now, or ever. */
    private boolean deliver(Flow.Subscriber<? super T> target) {
      long wanted = demand.get();
      if (wanted == 0 && Ends.port(receiver).ended() == null) {
        forget();
        return false;
      }
      T message;
      try {
        message = receiver.poll();
      } catch (ChannelException e) {
        stop(e.reason());
        fail(target, e);
        return false;
      } catch (RuntimeException e) {
        stop(Reason.of(ReasonCode.FAILED, "receiving failed: " + e));
        fail(target, e);
        return false;
      }
      if (message != null) {
        if (wanted != Long.MAX_VALUE) {
          demand.decrementAndGet();
        }
        target.onNext(message);
        return true;
      }
      if (receiver.ended()) {
        stop(null);
        if (!cancelled) {
          target.onComplete();
        }
      } else {
        await();
      }
      return false;
    }

    // What a cancel on another thread did to the end is no failure of the channel.
    private void fail(Flow.Subscriber<? super T> target, Throwable failure) {
      if (!cancelled) {
        target.onError(failure);
      }
    }

    private void await() {
      if (wake == null || wake.isSignalled()) {
        wake = new Wake(this);
        port = Ends.port(receiver);
        port.await(wake);
      }
    }

    private void forget() {
      if (wake != null) {
        port.cancel(wake); // if it was signalled, the turn is another's
        wake = null;
      }
    }

    private void stop(@Nullable Reason reason) {
      subscriber = null;
      forget();
      if (reason != null) {
        receiver.close(reason);
      }
    }
  }

  /** What all others get. */
  private static final class Refusal extends Serial implements Flow.Subscription {
    private final Flow.Subscriber<?> subscriber;
    private boolean done;

    Refusal(Executor executor, Flow.Subscriber<?> subscriber) {
      super(executor);
      this.subscriber = subscriber;
    }

    @Override
    void turn() {
      if (!done) {
        done = true;
        subscriber.onSubscribe(this);
        subscriber.onError(new IllegalStateException("this channel has a subscriber already"));
      }
    }

    @Override
    public void request(long count) {}

    @Override
    public void cancel() {}
  }
}
