package io.libchan.cli.demo;

import io.libchan.cli.Lines;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs something that must end in time.
 *
 * <p>Thread-safe.
 */
final class Deadline {
  private Deadline() {}

  /** What is run; any throw is a failure. */
  @FunctionalInterface
  interface Body {
    void run() throws Exception;
  }

  /**
   * Runs the body on a thread of the executor and waits for it, no longer than the time-out; then
   * it is interrupted.
   *
   * @return why it failed; empty if it did not
   */
  static String run(Executor threads, Duration timeout, Body body) throws InterruptedException {
    CompletableFuture<Thread> runner = new CompletableFuture<>();
    CompletableFuture<String> outcome = new CompletableFuture<>();
    threads.execute(
        () -> {
          runner.complete(Thread.currentThread());
          outcome.complete(outcome(body));
        });
    try {
      return outcome.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return stuck(runner.getNow(Thread.currentThread()), timeout);
    } catch (ExecutionException e) {
      throw new AssertionError("it never completes exceptionally", e);
    }
  }

  private static String outcome(Body body) {
    try {
      body.run();
      return "";
    } catch (Exception e) {
      return e.getClass().getSimpleName() + ": " + Lines.of(e);
    }
  }

  private static String stuck(Thread runner, Duration timeout) {
    String where =
        Arrays.stream(runner.getStackTrace())
            .filter(frame -> frame.getClassName().startsWith("io.libchan.cli"))
            .map(StackTraceElement::toString)
            .findFirst()
            .orElse("an unknown place");
    runner.interrupt();
    return "not done after " + timeout.toMillis() + " ms, waits in " + where;
  }
}
