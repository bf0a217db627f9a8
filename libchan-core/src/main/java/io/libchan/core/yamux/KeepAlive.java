package io.libchan.core.yamux;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Environment;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds a peer that fell silent. Rule MUX-12. Thread-safe. */
final class KeepAlive {
  private final Runnable ask;
  private final Consumer<Reason> lost;
  private final Environment environment;
  private final long intervalNanos;
  private final long timeoutNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile long heardAt;

  // Guarded by lock.
  private Environment.@Nullable Timer timer;
  private boolean stopped;
  private boolean asked;
  private long askedAt;

  /**
   * A keep-alive.
   *
   * @param ask asks the peer for a sign of life
   * @param lost is told that none came; once for each time that it was asked for in vain
   */
  KeepAlive(
      Runnable ask,
      Consumer<Reason> lost,
      Environment environment,
      Duration interval,
      Duration timeout) {
    this.ask = ask;
    this.lost = lost;
    this.environment = environment;
    intervalNanos = interval.toNanos();
    timeoutNanos = timeout.toNanos();
  }

  void start() {
    heardAt = environment.nanoTime();
    again(intervalNanos);
  }

  void heard() {
    heardAt = environment.nanoTime();
  }

  void stop() {
    lock.lock();
    try {
      stopped = true;
      if (timer != null) {
        timer.cancel();
      }
    } finally {
      lock.unlock();
    }
  }

  private void again(long delayNanos) {
    lock.lock();
    try {
      if (!stopped) {
        timer = environment.schedule(Duration.ofNanos(Math.max(1, delayNanos)), this::look);
      }
    } finally {
      lock.unlock();
    }
  }

  private void look() {
    long now = environment.nanoTime();
    long silence = now - heardAt;
    if (silence < intervalNanos) {
      asked = false;
      again(intervalNanos - silence);
    } else if (!asked || heardAt - askedAt >= 0) {
      asked = true;
      askedAt = now;
      ask.run();
      // An answered one is followed by the next as soon as the interval asks for it.
      again(Math.min(intervalNanos, timeoutNanos));
    } else if (now - askedAt < timeoutNanos) {
      again(timeoutNanos - (now - askedAt));
    } else {
      lost.accept(
          Reason.of(
              ReasonCode.KEEPALIVE_TIMEOUT,
              "the connection was lost: the peer was silent for "
                  + Duration.ofNanos(silence).toMillis()
                  + " ms"));
      asked = false;
      again(intervalNanos);
    }
  }
}
