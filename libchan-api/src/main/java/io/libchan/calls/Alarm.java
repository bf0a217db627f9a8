package io.libchan.calls;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A task for when a deadline passes, on the JDK's own timer thread. Thread-safe. */
final class Alarm {
  private final CompletableFuture<Boolean> timer = new CompletableFuture<>();

  /** Runs the task on the executor at the deadline, unless cancelled before. */
  Alarm(Deadline deadline, Executor executor, Runnable task) {
    CompletableFuture<?> unused =
        timer
            .orTimeout(deadline.left().toNanos(), TimeUnit.NANOSECONDS)
            .whenComplete(
                (off, late) -> {
                  if (late instanceof TimeoutException) {
                    ring(executor, task); // elsewhere: the timer's thread is everybody's
                  }
                });
  }

  private static void ring(Executor executor, Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      ForkJoinPool.commonPool().execute(task);
    }
  }

  void cancel() {
    timer.complete(true);
  }
}
