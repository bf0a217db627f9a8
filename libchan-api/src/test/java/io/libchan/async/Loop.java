package io.libchan.async;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Two threads whose name tells, for adapters under test. */
final class Loop implements Executor, AutoCloseable {
  static final long BOUND_SECONDS = 15;

  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          2,
          task -> {
            Thread thread = new Thread(task, "adapter");
            thread.setDaemon(true);
            return thread;
          });

  @Override
  public void execute(Runnable task) {
    threads.execute(task);
  }

  static boolean isHere() {
    return Thread.currentThread().getName().equals("adapter");
  }

  static <T> T value(CompletableFuture<T> future) throws Exception {
    return future.get(BOUND_SECONDS, TimeUnit.SECONDS);
  }

  static Throwable failure(CompletableFuture<?> future) throws Exception {
    return value(future.handle((value, failure) -> failure));
  }

  static void until(String what, BooleanSupplier holds) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS);
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as(what).isNegative();
      LockSupport.parkNanos(200_000);
    }
  }

  /** Waits until everything handed over before has run, on both threads. */
  void settle() throws Exception {
    java.util.concurrent.CyclicBarrier both = new java.util.concurrent.CyclicBarrier(3);
    for (int i = 0; i < 2; i++) {
      threads.execute(
          () -> {
            try {
              both.await(BOUND_SECONDS, TimeUnit.SECONDS);
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          });
    }
    both.await(BOUND_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
