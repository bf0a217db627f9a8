package io.libchan.transport.inmem;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.ByteConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One end of a connection inside this process. Thread-safe. */
final class End implements ByteConnection {
  private static final System.Logger LOG = System.getLogger(End.class.getName());

  private final Pair pair;
  private final PeerInfo peer;
  private final Executor executor;
  private final Duration closeTimeout;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable Handler handler;
  private volatile boolean closing;

  @GuardedBy("lock")
  private boolean over;

  @GuardedBy("lock")
  private @Nullable IOException cause;

  /**
   * An end.
   *
   * @param peer the other end's address
   */
  End(Pair pair, String peer, Options options) {
    this.pair = pair;
    this.peer = PeerInfo.of("inmem", peer);
    executor = options.executor();
    closeTimeout = options.closeTimeout();
  }

  @Override
  public PeerInfo peer() {
    return peer;
  }

  @Override
  public void start(Handler handler) {
    boolean tooLate;
    lock.lock();
    try {
      if (this.handler != null) {
        throw new IllegalStateException("started twice");
      }
      this.handler = handler;
      tooLate = over;
    } finally {
      lock.unlock();
    }
    if (tooLate) {
      execute(this::tellOver);
    } else {
      pair.wakeBoth();
    }
  }

  @Override
  public void wantWrite() {
    pair.wakeFrom(this);
  }

  @Override
  public void close() {
    if (!closing) {
      closing = true;
      pair.closing(this, closeTimeout);
    }
  }

  @Override
  public void abort() {
    pair.aborted(this);
  }

  boolean isClosing() {
    return closing;
  }

  /** Who to call; null before the start. */
  @Nullable Handler handler() {
    return handler;
  }

  /** Both movers have stopped; tells the handler now, or as soon as there is one. */
  void over(@Nullable IOException why) {
    boolean started;
    lock.lock();
    try {
      over = true;
      cause = why;
      started = handler != null;
    } finally {
      lock.unlock();
    }
    if (started) {
      tellOver();
    }
  }

  private void tellOver() {
    IOException why;
    lock.lock();
    try {
      why = cause;
    } finally {
      lock.unlock();
    }
    Handler told = handler;
    if (told == null) {
      return;
    }
    try {
      told.closed(why);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "the handler of a connection failed", e);
    }
  }

  /** Runs a mover; elsewhere if the application's executor does not, as nothing may stay stuck. */
  void execute(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      pair.fail(new IOException("the executor rejects work", e));
      ForkJoinPool.commonPool().execute(task);
    }
  }
}
