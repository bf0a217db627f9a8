package io.libchan.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The one thread of a gateway: it waits for sockets, and runs tasks and timers. Keys, timers and
 * whatever else is said to be the loop's are used on it alone.
 *
 * <p>{@link #execute} and {@link #close} are thread-safe; the rest is for the loop.
 */
final class Loop implements Executor {
  private static final System.Logger LOG = System.getLogger(Loop.class.getName());
  private static final AtomicInteger THREADS = new AtomicInteger();
  private static final int BUFFER_BYTES = 64 * 1024;

  /** Somebody who waits for a socket. */
  interface Selected {
    /** The socket is ready for what its key was interested in. */
    void ready(SelectionKey key);

    /** {@link #ready} failed, by a defect. */
    void broken(RuntimeException defect);
  }

  /** A task for later. */
  static final class Timer implements Comparable<Timer> {
    private final long nanoTime;
    private @Nullable Runnable task;

    private Timer(long nanoTime, Runnable task) {
      this.nanoTime = nanoTime;
      this.task = task;
    }

    /** Forgets the task; on the loop. */
    void cancel() {
      task = null;
    }

    @Override
    public int compareTo(Timer other) {
      return Long.signum(nanoTime - other.nanoTime);
    }
  }

  private final Selector selector;
  private final Thread thread;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean woken = new AtomicBoolean();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private final ByteBuffer view = ByteBuffer.wrap(buffer);
  private boolean running = true;

  /** A loop that runs already. */
  Loop(String role) {
    try {
      selector = Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException("no selector for a gateway", e);
    }
    thread = new Thread(this::run, "libchan-gateway-" + role + "-" + THREADS.incrementAndGet());
    thread.setDaemon(true);
    thread.start();
  }

  /** Runs the task soon; never if the loop is closed. */
  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (Thread.currentThread() != thread && woken.compareAndSet(false, true)) {
      selector.wakeup();
    }
  }

  /** Runs what was asked for before, ends, and waits for that. Idempotent. */
  void close() {
    execute(() -> running = false);
    if (Thread.currentThread() == thread) {
      return;
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // it ends at once, as nothing on it blocks
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  Timer schedule(Duration delay, Runnable task) {
    Timer timer = new Timer(System.nanoTime() + delay.toNanos(), task);
    timers.add(timer);
    return timer;
  }

  SelectionKey register(SelectableChannel channel, int operations, Selected owner)
      throws IOException {
    return channel.register(selector, operations, owner);
  }

  /** Lets a socket go, and runs the task when it belongs to no selector any more. */
  void release(SelectionKey key, Runnable task) {
    key.cancel();
    execute( // outside of a selection, which this may be called in
        () -> {
          try {
            selector.selectNow(Loop::ready);
          } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "the selector of a gateway failed", e);
          }
          task.run();
        });
  }

  /** A buffer for one read; its contents are gone with the next one. */
  byte[] buffer() {
    return buffer;
  }

  /** The same as a buffer to read into, empty. */
  ByteBuffer emptyBuffer() {
    return view.clear();
  }

  private void run() {
    try {
      while (running) {
        selector.select(Loop::ready, untilNextTimer());
        // Cleared before looking: whoever adds a task from now on wakes the selector again.
        woken.set(false);
        runTasks();
        runTimers();
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.ERROR, "the selector of a gateway failed", e);
    } finally {
      closeSelector();
    }
  }

  private static void ready(SelectionKey key) {
    Selected owner = (Selected) key.attachment();
    try {
      owner.ready(key);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "a gateway's connection failed", e);
      owner.broken(e);
    }
  }

  /** Milliseconds, at least one; 0 where there is no timer. */
  private long untilNextTimer() {
    Timer next = timers.peek();
    return next == null ? 0 : Math.max(1, (next.nanoTime - System.nanoTime()) / 1_000_000 + 1);
  }

  private void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      run(task);
    }
  }

  private void runTimers() {
    long now = System.nanoTime();
    for (Timer next = timers.peek(); next != null; next = timers.peek()) {
      if (next.task != null && next.nanoTime - now > 0) {
        return;
      }
      timers.remove();
      if (next.task != null) {
        run(next.task);
      }
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "a gateway's task failed", e);
    }
  }

  private void closeSelector() {
    try {
      selector.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
