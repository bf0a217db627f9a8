package io.libchan.async;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Work in turns on an executor: one turn at a time, and at least one after each call of {@link
 * #schedule}.
 *
 * <p>Thread-safe. What only turns touch needs no lock.
 */
abstract class Serial implements Runnable {
  private final Executor executor;
  private final AtomicInteger owed = new AtomicInteger();
  private volatile @Nullable RejectedExecutionException refusal;

  Serial(Executor executor) {
    this.executor = Objects.requireNonNull(executor);
  }

  /** Does what can be done now. Must not block. */
  abstract void turn();

  /** Why the executor takes no more tasks; the turns then are the common pool's. */
  final @Nullable RejectedExecutionException refusal() {
    return refusal;
  }

  /** Asks for a turn. Never runs one on this thread, so it may be called on any. */
  final void schedule() {
    if (owed.getAndIncrement() != 0) {
      return;
    }
    try {
      executor.execute(this);
    } catch (RejectedExecutionException e) {
      refusal = e;
      ForkJoinPool.commonPool().execute(this);
    }
  }

  @Override
  public final void run() {
    int seen = owed.get();
    do {
      try {
        turn();
      } catch (Throwable e) {
        System.getLogger("io.libchan").log(System.Logger.Level.WARNING, "foreign code failed", e);
      }
      seen = owed.addAndGet(-seen);
    } while (seen != 0);
  }
}
