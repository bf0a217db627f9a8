package io.libchan.transport.netty.sockets;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.transport.netty.TcpOptions;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The event loops of the process: made when the first channel opens, shut down when the last one
 * closes, so that nothing is left behind. An application's own loops are never shut down.
 *
 * <p>Thread-safe.
 */
public final class Loops {
  private static final ReentrantLock LOCK = new ReentrantLock();
  private static final AtomicInteger THREADS = new AtomicInteger();

  @GuardedBy("LOCK")
  private static @Nullable Loops shared;

  private final IoEventLoopGroup group;
  private final Sockets sockets;
  private final boolean ours;

  @GuardedBy("LOCK")
  private int leases;

  private Loops(IoEventLoopGroup group, Sockets sockets, boolean ours) {
    this.group = group;
    this.sockets = sockets;
    this.ours = ours;
  }

  /** A lease of the application's loops if it gave some, else of the shared ones. */
  public static Lease lease(TcpOptions options) {
    IoEventLoopGroup given = options.eventLoops();
    if (given != null) {
      return new Loops(given, Sockets.of(given), false).lease();
    }
    LOCK.lock();
    try {
      Loops loops = shared;
      if (loops == null) {
        loops = create();
        shared = loops;
      }
      return loops.lease();
    } finally {
      LOCK.unlock();
    }
  }

  /** Whether an event loop is one of those that outlive their channels. */
  static boolean areOurs(EventLoop loop) {
    LOCK.lock();
    try {
      return shared != null && loop.parent() == shared.group;
    } finally {
      LOCK.unlock();
    }
  }

  private static Loops create() {
    Sockets sockets = Sockets.best();
    ThreadFactory threads =
        task -> {
          Thread thread = new Thread(task, "libchan-io-" + THREADS.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        };
    int count = Math.max(1, Runtime.getRuntime().availableProcessors());
    return new Loops(
        new MultiThreadIoEventLoopGroup(count, threads, sockets.loops()), sockets, true);
  }

  private Lease lease() {
    LOCK.lock();
    try {
      leases++;
    } finally {
      LOCK.unlock();
    }
    return new Lease(this);
  }

  private void release() {
    LOCK.lock();
    try {
      if (--leases > 0 || !ours) {
        return;
      }
      if (shared == this) {
        shared = null;
      }
    } finally {
      LOCK.unlock();
    }
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
  }

  /** The right to use the loops until {@link #release}. */
  public static final class Lease {
    private final Loops loops;
    private final AtomicBoolean released = new AtomicBoolean();

    private Lease(Loops loops) {
      this.loops = loops;
    }

    IoEventLoopGroup group() {
      return loops.group;
    }

    Sockets sockets() {
      return loops.sockets;
    }

    /** One more lease of the same loops. */
    Lease another() {
      return loops.lease();
    }

    /** Idempotent. */
    void release() {
      if (released.compareAndSet(false, true)) {
        loops.release();
      }
    }
  }
}
