package io.libchan.transport.unix;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;

/** Makes the platform threads that call the socket library, and no others do. Thread-safe. */
final class UnixThreads {
  private static final AtomicLong COUNT = new AtomicLong();

  private UnixThreads() {}

  /** What calls the library and may wait, though not for long. */
  interface Call<T> {
    T call() throws IOException;
  }

  /** Runs it on a thread of its own and waits for it, whatever kind the caller's is. */
  static <T> T call(Call<T> call) throws IOException {
    CompletableFuture<T> result = new CompletableFuture<>();
    start(
        "call",
        () -> {
          try {
            result.complete(call.call());
          } catch (IOException | RuntimeException | Error e) {
            result.completeExceptionally(e);
          }
        });
    try {
      return result.join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause();
      throw new IOException(cause == null ? e.getMessage() : cause.getMessage(), e);
    }
  }

  static void start(String role, Runnable task) {
    Thread thread = new Thread(task, "libchan-unix-" + role + "-" + COUNT.incrementAndGet());
    thread.setDaemon(true);
    thread.start();
  }
}
