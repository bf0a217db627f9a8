package io.libchan.testkit;

import io.libchan.spi.Environment;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The real clock and threads of its own, for an engine under test.
 *
 * <p>Thread-safe.
 */
public final class RealTime implements Environment, AutoCloseable {
  private static final AtomicInteger THREADS = new AtomicInteger();

  private final ExecutorService executor = Executors.newCachedThreadPool(daemons());
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(daemons());

  /** Starts the clock. */
  public RealTime() {}

  private static ThreadFactory daemons() {
    return task -> {
      Thread thread = new Thread(task, "test-time-" + THREADS.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    if (timer.isShutdown()) {
      return () -> {};
    }
    ScheduledFuture<?> future = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public void execute(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      if (!executor.isShutdown()) {
        throw e;
      }
      // The clock has stopped, and with it everything.
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    executor.shutdown();
  }
}
