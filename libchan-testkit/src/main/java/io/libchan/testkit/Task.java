package io.libchan.testkit;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A call on a thread of its own, whose outcome has a deadline. A call that never ends fails the
 * test with its stack.
 *
 * <p>Thread-safe.
 *
 * @param <T> what the call returns
 */
public final class Task<T> {
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final FutureTask<T> future;
  private final Thread thread;

  private Task(Callable<T> body) {
    future = new FutureTask<>(body);
    thread = new Thread(future, "test-task-" + COUNT.incrementAndGet());
    thread.setDaemon(true);
    thread.start();
  }

  /** A call that returns nothing and may fail. */
  @FunctionalInterface
  public interface Action {
    /** Does it. */
    void run() throws Exception;
  }

  /** Starts a call. */
  public static <T> Task<T> call(Callable<T> body) {
    return new Task<>(body);
  }

  /** Starts a call that returns nothing. */
  public static Task<Boolean> run(Action body) {
    return new Task<>(
        () -> {
          body.run();
          return true;
        });
  }

  /** Waits until the call waits for something, and fails if it ends instead. */
  public Task<T> awaitBlocked() throws Exception {
    int[] inRow = {0};
    Waits.until(
        "a call that waits",
        () -> {
          if (future.isDone()) {
            throw new AssertionError("the call did not wait but ended with " + outcome());
          }
          Thread.State state = thread.getState();
          boolean waits = state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
          inRow[0] = waits ? inRow[0] + 1 : 0;
          return inRow[0] >= 3;
        });
    return this;
  }

  /**
   * Whether the call ends; false once it has been seen waiting for something many times in a row.
   */
  public boolean endsWithoutWaiting() throws Exception {
    int[] inRow = {0};
    Waits.until(
        "a call that ends or waits",
        () -> {
          inRow[0] = thread.getState() == Thread.State.WAITING ? inRow[0] + 1 : 0;
          return future.isDone() || inRow[0] >= 100;
        });
    return future.isDone();
  }

  /** Whether the call has ended. */
  public boolean isDone() {
    return future.isDone();
  }

  /** Interrupts the call's thread. */
  public void interrupt() {
    thread.interrupt();
  }

  /** What the call returned; what it threw is the cause of an {@link AssertionError}. */
  public T result() throws InterruptedException {
    return result(Waits.BOUND);
  }

  /** The same, of a call that has much to do. */
  public T result(Duration bound) throws InterruptedException {
    try {
      return get(bound);
    } catch (ExecutionException e) {
      throw new AssertionError("the call failed: " + e.getCause(), e.getCause());
    }
  }

  /** What the call threw, which has to be of this type. */
  public <E extends Throwable> E failure(Class<E> type) throws InterruptedException {
    T value;
    try {
      value = get(Waits.BOUND);
    } catch (ExecutionException e) {
      if (type.isInstance(e.getCause())) {
        return type.cast(e.getCause());
      }
      throw new AssertionError("expected " + type.getSimpleName() + ", not " + e, e.getCause());
    }
    throw new AssertionError("expected " + type.getSimpleName() + ", but it returned " + value);
  }

  private T get(Duration bound) throws InterruptedException, ExecutionException {
    try {
      return future.get(bound.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      AssertionError error =
          new AssertionError(
              "the call did not end within "
                  + bound.toSeconds()
                  + " s; it is at "
                  + Arrays.toString(thread.getStackTrace()));
      thread.interrupt();
      error.addSuppressed(e);
      throw error;
    }
  }

  private String outcome() throws InterruptedException {
    try {
      return "the value " + get(Waits.BOUND);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return cause + " at " + Arrays.toString(cause.getStackTrace());
    }
  }
}
