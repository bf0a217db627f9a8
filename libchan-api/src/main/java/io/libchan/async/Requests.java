package io.libchan.async;

import java.util.LinkedHashSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Requests in the order made; any of them may leave. Thread-safe. */
final class Requests<R> {
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final LinkedHashSet<R> all = new LinkedHashSet<>();

  void add(R request) {
    lock.lock();
    try {
      all.add(request);
    } finally {
      lock.unlock();
    }
  }

  void remove(Object request) {
    lock.lock();
    try {
      all.remove(request);
    } finally {
      lock.unlock();
    }
  }

  @Nullable R first() {
    lock.lock();
    try {
      return all.isEmpty() ? null : all.iterator().next();
    } finally {
      lock.unlock();
    }
  }
}
