package io.libchan.benchmarks;

import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.SpscArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The way from an event loop to a user thread: a bounded queue. A connection that finds it full
 * stops reading until there is room. Thread-safe for one event loop and one user thread.
 */
final class Inbox<T> {
  private final Executor loop;
  private final int capacity;
  private final SpscArrayQueue<T> queue;
  private final Queue<Runnable> stopped = new ArrayDeque<>(); // the event loop's
  private final AtomicBoolean someStopped = new AtomicBoolean();
  private volatile @Nullable Thread waiting;
  private volatile boolean closed;

  Inbox(Executor loop, int capacity) {
    this.loop = loop;
    this.capacity = capacity;
    this.queue = new SpscArrayQueue<>(capacity);
  }

  /** False if there is no room; {@code resume} then runs on the event loop when there is. */
  boolean offer(T item, Runnable resume) {
    if (queue.offer(item)) {
      return true;
    }
    someStopped.set(true);
    VarHandle.fullFence(); // the user thread either sees the flag, or has made the room we see here
    if (queue.offer(item)) {
      return true;
    }
    stopped.add(resume);
    return false;
  }

  /** Wakes the user thread; called once for each batch of offers. */
  void signal() {
    VarHandle.fullFence();
    Thread taker = waiting;
    if (taker != null) {
      waiting = null;
      LockSupport.unpark(taker);
    }
  }

  void close() {
    closed = true;
    signal();
  }

  T take() throws IOException, InterruptedException {
    T item = queue.poll();
    if (item == null) {
      item = await();
    }
    if (someStopped.get() && queue.size() <= capacity / 2) {
      resumeStopped();
    }
    return item;
  }

  private T await() throws IOException, InterruptedException {
    while (true) {
      boolean last = closed;
      waiting = Thread.currentThread();
      VarHandle.fullFence();
      T item = queue.poll();
      if (item != null) {
        waiting = null;
        return item;
      }
      if (last) {
        throw new IOException("connection closed while receiving");
      }
      LockSupport.park(this);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  private void resumeStopped() {
    if (someStopped.compareAndSet(true, false)) {
      loop.execute(this::resumeAll);
    }
  }

  private void resumeAll() {
    for (int n = stopped.size(); n > 0; n--) {
      stopped.remove().run();
    }
  }
}
