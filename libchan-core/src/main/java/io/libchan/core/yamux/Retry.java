package io.libchan.core.yamux;

import io.libchan.spi.Environment;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Keeps a peer that can't be reached from being asked in a loop. Thread-safe. */
final class Retry {
  private static final long FIRST_MILLIS = 50;
  private static final long LONGEST_MILLIS = 1_000;

  private final Environment environment;
  private final Runnable again;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private long nextMillis = FIRST_MILLIS;
  private Environment.@Nullable Timer timer;
  private boolean stopped;

  /**
   * No failure yet.
   *
   * @param again runs when it may be tried again
   */
  Retry(Environment environment, Runnable again) {
    this.environment = environment;
    this.again = again;
  }

  boolean isWaiting() {
    lock.lock();
    try {
      return timer != null;
    } finally {
      lock.unlock();
    }
  }

  /** A body could not be opened. */
  void failed() {
    lock.lock();
    try {
      if (timer == null && !stopped) {
        timer = environment.schedule(Duration.ofMillis(nextMillis), this::elapsed);
        nextMillis = Math.min(LONGEST_MILLIS, 2 * nextMillis);
      }
    } finally {
      lock.unlock();
    }
  }

  /** One was opened. */
  void succeeded() {
    lock.lock();
    try {
      nextMillis = FIRST_MILLIS;
    } finally {
      lock.unlock();
    }
  }

  void stop() {
    lock.lock();
    try {
      stopped = true;
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private void elapsed() {
    lock.lock();
    try {
      timer = null;
    } finally {
      lock.unlock();
    }
    again.run();
  }
}
