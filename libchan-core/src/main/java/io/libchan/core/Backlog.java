package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.SessionLost;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The channels that the peer opened and nobody accepted yet, by name. Thread-safe. */
final class Backlog {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final Map<String, ArrayDeque<RemoteReceivePort<?>>> waiting = new HashMap<>();
  private int count;
  private @Nullable Reason reason;

  boolean offer(RemoteReceivePort<?> channel, int most) {
    lock.lock();
    try {
      if (count >= most) {
        return false;
      }
      count++;
      waiting.computeIfAbsent(channel.headers.name(), name -> new ArrayDeque<>(2)).add(channel);
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Nullable RemoteReceivePort<?> poll(String name) {
    lock.lock();
    try {
      ArrayDeque<RemoteReceivePort<?>> queue = waiting.get(name);
      if (queue == null) {
        return null;
      }
      RemoteReceivePort<?> channel = queue.poll();
      if (queue.isEmpty()) {
        waiting.remove(name);
      }
      count--;
      return channel;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a channel; without time-out if that is null. */
  RemoteReceivePort<?> take(String name, @Nullable Duration timeout)
      throws ChannelException, InterruptedException, TimeoutException {
    long left = timeout == null ? Long.MAX_VALUE : timeout.toNanos();
    lock.lockInterruptibly();
    try {
      for (; ; ) {
        RemoteReceivePort<?> channel = poll(name);
        if (channel != null) {
          return channel;
        }
        if (reason != null) {
          throw new SessionLost(reason);
        }
        if (left <= 0) {
          throw new TimeoutException();
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  void end(Reason why) {
    lock.lock();
    try {
      reason = why;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
