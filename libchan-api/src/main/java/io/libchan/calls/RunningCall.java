package io.libchan.calls;

import io.libchan.ChannelException;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.StreamContext;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One request that was taken, until it is answered or not wanted any more.
 *
 * <p>Life: <em>waiting</em> for its thread; <em>running</em>, when that may be interrupted;
 * <em>done</em>, and the thread is another's. Cancelling keeps the first reason and tells the
 * caller at once, even if the handler goes on.
 *
 * <p>Thread-safe.
 */
final class RunningCall<Q, A> implements Runnable {
  private static final String UNTOLD = "the handler failed";

  private final CallService<Q, A> service;
  private final Call<Q, A> call;
  private final ServeOptions options;
  private final CallHandler<? super Q, ? extends A> handler;
  private final CallContext context;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private @Nullable Thread thread;
  private @Nullable Alarm alarm;
  private boolean cancelled;
  private boolean done;

  RunningCall(
      CallService<Q, A> service,
      Call<Q, A> call,
      ServeOptions options,
      CallHandler<? super Q, ? extends A> handler) {
    this.service = service;
    this.call = call;
    this.options = options;
    this.handler = handler;
    context = CallContext.of(call.reply());
  }

  /** Looks after the deadline and the caller from now on. */
  void watch() {
    Duration left = context.timeLeft();
    Deadline deadline = left == null ? null : Deadline.after(left);
    if (deadline != null) {
      // Not on the executor of handlers, which may be as full as it may get.
      keep(new Alarm(deadline, Options.DEFAULTS.executor(), () -> cancel(Deadline.passed())));
    }
    // The reason why the caller waits no more, its session's end included.
    var unused = call.reply().closed().thenAccept(this::cancel);
  }

  private void keep(Alarm set) {
    lock.lock();
    try {
      alarm = set;
    } finally {
      lock.unlock();
    }
  }

  /** The answer is not wanted, or must not be given, any more. */
  void cancel(Reason reason) {
    lock.lock();
    try {
      if (done || cancelled) {
        return;
      }
      cancelled = true;
      context.cancel(reason);
      if (alarm != null) {
        alarm.cancel();
      }
      if (thread != null) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
    call.reply().fail(reason);
  }

  @Override
  public void run() {
    try {
      if (context.isCancelled()) {
        cancel(Deadline.passed()); // it has waited for too long already
      }
      if (begin()) {
        StreamContext before = StreamContext.bind(context);
        try {
          answer();
        } finally {
          StreamContext unused = StreamContext.bind(before);
        }
      }
    } finally {
      finish();
      // Nothing after an answer; but whatever went wrong here, the caller is not to wait for ever.
      Reason why = context.cancelled();
      call.reply().fail(why == null ? Reason.of(ReasonCode.INTERNAL, UNTOLD) : why);
      service.over(this);
    }
  }

  private void answer() {
    Reply<A> reply;
    try {
      reply = Reply.of(Objects.requireNonNull(handler.handle(call.request()), "no answer"));
    } catch (Exception e) {
      reply = isCancelled() ? null : Reply.failed(reason(e).from(options.nodeName()));
    }
    if (finish() && reply != null) {
      send(reply);
    }
  }

  /** What the caller gets to know. */
  private Reason reason(Exception failure) {
    if (failure instanceof CallFailed chosen) {
      return chosen.reason();
    }
    Reason known = options.errors().translate(failure);
    if (known != null && !known.isEnd()) {
      return known;
    }
    System.getLogger("io.libchan")
        .log(System.Logger.Level.WARNING, "the handler of a call failed", failure);
    return Reason.of(ReasonCode.FAILED, UNTOLD);
  }

  /** Whether the handler is to be run. */
  private boolean begin() {
    lock.lock();
    try {
      thread = Thread.currentThread();
      return !cancelled;
    } finally {
      lock.unlock();
    }
  }

  private boolean isCancelled() {
    lock.lock();
    try {
      return cancelled;
    } finally {
      lock.unlock();
    }
  }

  /** The thread is interrupted no more; whether the answer is still wanted. */
  private boolean finish() {
    lock.lock();
    try {
      boolean first = !done;
      done = true;
      thread = null;
      if (alarm != null) {
        alarm.cancel();
      }
      if (first && cancelled) {
        boolean unused = Thread.interrupted(); // by us; the thread is a pool's
      }
      return !cancelled;
    } finally {
      lock.unlock();
    }
  }

  private void send(Reply<A> reply) {
    boolean interrupted = Thread.interrupted(); // by others: the answer is there all the same
    try {
      Duration left = context.timeLeft();
      if (left == null) {
        call.reply().send(reply);
      } else {
        call.reply().send(reply, left);
      }
      call.reply().close();
    } catch (TimeoutException e) {
      call.reply().fail(Deadline.passed());
    } catch (ChannelException e) {
      call.reply().fail(e.reason()); // it can't be encoded; if the caller has gone, nothing
    } catch (InterruptedException e) {
      interrupted = true;
      call.reply().fail(Reason.of(ReasonCode.CANCELLED, "interrupted while answering"));
    } catch (RuntimeException e) {
      call.reply().fail(Reason.of(ReasonCode.FAILED, "the answer can't be sent"));
      System.getLogger("io.libchan")
          .log(System.Logger.Level.WARNING, "the answer of a call can't be sent", e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
