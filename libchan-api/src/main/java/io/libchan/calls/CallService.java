package io.libchan.calls;

import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.spi.Ends;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * See {@link Calls#serve}. One task receives, and waits while as many handlers run as may.
 *
 * <p>Life: <em>open</em>; <em>stopped</em>, here or by the end of the channel: nothing is received
 * any more; <em>over</em>, when the last handler has returned as well.
 *
 * <p>Thread-safe.
 */
final class CallService<Q, A> implements Serving, Runnable {
  private static final Reason DRAINING =
      Reason.of(ReasonCode.DRAINING, "the service takes no more calls");
  private static final Reason CLOSED = Reason.of(ReasonCode.CANCELLED, "the service was closed");

  private final Receiver<Call<Q, A>> calls;
  private final ServeOptions options;
  private final CallHandler<? super Q, ? extends A> handler;
  private final CompletableFuture<Reason> over = new CompletableFuture<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final Set<RunningCall<Q, A>> running = new HashSet<>();
  private @Nullable Reason stopped;
  private boolean receiving = true;

  CallService(
      Receiver<Call<Q, A>> calls,
      ServeOptions options,
      CallHandler<? super Q, ? extends A> handler) {
    this.calls = calls;
    this.options = options;
    this.handler = handler;
  }

  // ---- receiving ----

  @Override
  public void run() {
    try {
      while (awaitPlace()) {
        Call<Q, A> call = next();
        if (call != null) {
          begin(call);
        }
      }
    } catch (InterruptedException e) {
      stop(CLOSED); // the executor shuts down
      Thread.currentThread().interrupt();
    } finally {
      received();
    }
  }

  /** Waits until one more handler may run; false if nothing is to be received any more. */
  private boolean awaitPlace() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (stopped == null && running.size() >= options.concurrency()) {
        changed.await();
      }
      return stopped == null;
    } finally {
      lock.unlock();
    }
  }

  /** The next call; null if there is none this time. */
  private @Nullable Call<Q, A> next() throws InterruptedException {
    try {
      Call<Q, A> call = calls.receive();
      if (call == null) {
        ended(Reason.END);
      }
      return call;
    } catch (MessageRejected | LimitExceeded e) {
      // One request, whose caller is told by the release of its reply channel; or the whole
      // channel.
      Reason end = Ends.port(calls).ended();
      if (end != null) {
        ended(end);
      }
    } catch (ChannelException e) {
      ended(e.reason());
    } catch (IllegalStateException e) {
      ended(CLOSED); // by drain, by close or by its owner
    }
    return null;
  }

  private void begin(Call<Q, A> call) {
    RunningCall<Q, A> one = new RunningCall<>(this, call, options, handler);
    lock.lock();
    try {
      running.add(one);
    } finally {
      lock.unlock();
    }
    one.watch();
    try {
      options.executor().execute(one);
    } catch (RejectedExecutionException e) {
      one.cancel(Reason.of(ReasonCode.REFUSED, "no thread for the call"));
      over(one);
    }
  }

  /** A handler has returned. */
  void over(RunningCall<Q, A> one) {
    lock.lock();
    try {
      running.remove(one);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    completeIfOver();
  }

  // ---- the end ----

  /** The first reason counts. */
  private void ended(Reason reason) {
    lock.lock();
    try {
      if (stopped == null) {
        stopped = reason;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void received() {
    lock.lock();
    try {
      receiving = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    completeIfOver();
  }

  private void completeIfOver() {
    Reason reason;
    lock.lock();
    try {
      if (receiving || !running.isEmpty() || stopped == null) {
        return;
      }
      reason = stopped;
    } finally {
      lock.unlock();
    }
    over.complete(reason);
  }

  private void stop(Reason reason) {
    ended(reason);
    refuseUntaken(reason);
    calls.close(reason);
  }

  /** They learn the reason, where the end of the channel would only tell that nobody took them. */
  private void refuseUntaken(Reason reason) {
    try {
      for (Call<Q, A> call = calls.poll(); call != null; call = calls.poll()) {
        call.reply().fail(reason);
      }
    } catch (ChannelException | IllegalStateException e) {
      // It has ended already, or its next message is no call: nobody to tell.
    }
  }

  @Override
  public int running() {
    lock.lock();
    try {
      return running.size();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean drain(Duration timeout) throws InterruptedException {
    stop(DRAINING);
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while ((receiving || !running.isEmpty()) && left > 0) {
        left = changed.awaitNanos(left);
      }
      if (!receiving && running.isEmpty()) {
        return true;
      }
    } finally {
      lock.unlock();
    }
    cancelAll();
    return false;
  }

  @Override
  public void close() {
    stop(CLOSED);
    cancelAll();
  }

  private void cancelAll() {
    List<RunningCall<Q, A>> all;
    lock.lock();
    try {
      all = new ArrayList<>(running);
    } finally {
      lock.unlock();
    }
    all.forEach(one -> one.cancel(CLOSED));
  }

  @Override
  public CompletionStage<Reason> closed() {
    return over.minimalCompletionStage();
  }
}
