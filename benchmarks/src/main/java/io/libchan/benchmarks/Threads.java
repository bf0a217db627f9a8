package io.libchan.benchmarks;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Daemon threads with names, so that a stuck peer never keeps the JVM alive. Thread-safe. */
final class Threads {
  private Threads() {}

  static ThreadFactory named(String role) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, role + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
