package io.libchan.benchmarks;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A place for one value on its way from a callback to a waiting thread. Thread-safe for these two.
 */
final class Slot<T> {
  private volatile @Nullable T value;
  private volatile @Nullable Throwable failure;
  private volatile @Nullable Thread taker;

  void put(T value) {
    this.value = value;
    LockSupport.unpark(taker);
  }

  void fail(Throwable failure) {
    this.failure = failure;
    LockSupport.unpark(taker);
  }

  T take() throws ExecutionException, InterruptedException {
    taker = Thread.currentThread();
    T taken;
    while ((taken = value) == null) {
      throwIfFailed();
      LockSupport.park(this);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
    value = null;
    return taken;
  }

  void throwIfFailed() throws ExecutionException {
    if (failure != null) {
      throw new ExecutionException(failure);
    }
  }
}
