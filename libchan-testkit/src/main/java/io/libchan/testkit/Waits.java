package io.libchan.testkit;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Waiting in tests: for a condition, with a deadline, never for a length of time.
 *
 * <p>Thread-safe.
 */
public final class Waits {
  /** How long anything that must happen may take; generous, as nothing waits for it to pass. */
  public static final Duration BOUND = Duration.ofSeconds(15);

  /** How long a call waits that is meant to give up. */
  public static final Duration SHORT = Duration.ofMillis(30);

  private static final long POLL_NANOS = 500_000;

  private Waits() {}

  /** A condition that may fail. */
  @FunctionalInterface
  public interface Condition {
    /** Whether it holds now. */
    boolean holds() throws Exception;
  }

  /** Waits until the condition holds, and fails with its description after {@link #BOUND}. */
  public static void until(String description, Condition condition) throws Exception {
    if (!within(BOUND, condition)) {
      throw new AssertionError("not within " + BOUND.toSeconds() + " s: " + description);
    }
  }

  /** Whether the condition came to hold within a time. */
  public static boolean within(Duration time, Condition condition) throws Exception {
    long deadline = System.nanoTime() + time.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    return true;
  }

  /** The value of a stage, within {@link #BOUND}. */
  public static <T> T value(CompletionStage<T> stage) throws Exception {
    try {
      return stage.toCompletableFuture().get(BOUND.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("not completed within " + BOUND.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }
}
