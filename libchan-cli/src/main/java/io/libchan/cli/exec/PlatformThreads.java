package io.libchan.cli.exec;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Daemon platform threads for everything here. Reading a terminal, a file or a process's output
 * blocks the thread of the operating system; on a virtual thread it would hold one of the few
 * carriers, and on a machine with one processor everything would stand still.
 *
 * <p>Thread-safe.
 */
final class PlatformThreads {
  private PlatformThreads() {}

  static ExecutorService pool() {
    AtomicInteger count = new AtomicInteger();
    return Executors.newCachedThreadPool(
        task -> {
          Thread thread = new Thread(task, "libchan-exec-" + count.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }
}
