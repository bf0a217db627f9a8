package io.libchan.transport.unix;

import java.util.concurrent.atomic.AtomicLong;

/** Makes the platform threads that call the socket library, and no others do. Thread-safe. */
final class UnixThreads {
  private static final AtomicLong COUNT = new AtomicLong();

  private UnixThreads() {}

  static void start(String role, Runnable task) {
    Thread thread = new Thread(task, "libchan-unix-" + role + "-" + COUNT.incrementAndGet());
    thread.setDaemon(true);
    thread.start();
  }
}
