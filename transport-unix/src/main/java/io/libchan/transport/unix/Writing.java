package io.libchan.transport.unix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.spi.ByteConnection.Handler;
import io.libchan.spi.WriterTurn;
import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who writes to a connection, and when. One thread at a time is the writer.
 *
 * <p>Where messages come one by one, so that nobody writes and nothing has left a moment ago,
 * whoever wants one written writes it at once: it leaves without a change of threads. All else is
 * left to the connection's own thread, which may wait: messages in a row, that it gathers into
 * batches, what the socket has no room for, descriptors, and the end.
 *
 * <p>Thread-safe.
 */
final class Writing {
  /** What comes sooner after a write is one of many, and cheaper in a batch. */
  private static final long MOMENT_NANOS = 10_000;

  /**
   * After so many that came one by one, one is written at once. Where messages stream, a few that
   * happen to come alone are none of them: writing those at once would take the time in which the
   * next batch gathers, so that what follows comes one by one as well.
   */
  private static final int ONE_BY_ONE = 8;

  /** What to do where the connection is broken. */
  interface Failed {
    void broke(Throwable cause);
  }

  private final Output output;
  private final Failed failed;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private @Nullable Handler handler;

  @GuardedBy("lock")
  private boolean taken; // somebody is the writer

  @GuardedBy("lock")
  private boolean isThread; // and that is the thread

  @GuardedBy("lock")
  private boolean wanted;

  @GuardedBy("lock")
  private boolean left; // by whoever wrote at once, for the thread

  @GuardedBy("lock")
  private boolean closing;

  @GuardedBy("lock")
  private boolean stopped;

  @GuardedBy("lock")
  private int alone = ONE_BY_ONE; // so many came one by one; no more are counted

  @GuardedBy("lock")
  private long wroteAt; // by System.nanoTime

  // The thread that reads: what it wants written waits until it has read.
  private volatile @Nullable Thread reader;

  Writing(Output output, Failed failed) {
    this.output = output;
    this.failed = failed;
  }

  /** Nothing is written before. */
  void start(Handler newHandler) {
    lock.lock();
    try {
      handler = newHandler;
      wroteAt = System.nanoTime() - MOMENT_NANOS;
    } finally {
      lock.unlock();
    }
  }

  /** The calling thread reads from now on, and calls {@link #hasRead} after each. */
  void isReader() {
    reader = Thread.currentThread();
  }

  /** There is something to write. Called without locks. */
  void wantWrite() {
    Handler source;
    lock.lock();
    try {
      if (wanted) {
        alone = 0; // two for one write
      }
      wanted = true;
      source = Thread.currentThread() == reader ? null : turn();
    } finally {
      lock.unlock();
    }
    if (source != null) {
      writeAtOnce(source);
    }
  }

  /** The reader has read, and may have wanted something written. */
  void hasRead() {
    Handler source;
    lock.lock();
    try {
      source = wanted ? turn() : null;
    } finally {
      lock.unlock();
    }
    if (source != null) {
      writeAtOnce(source);
    }
  }

  /** Makes the caller the writer if it may write at once; if not, whoever is to write learns it. */
  @GuardedBy("lock")
  private @Nullable Handler turn() {
    boolean isAlone = !taken && System.nanoTime() - wroteAt >= MOMENT_NANOS;
    alone = isAlone ? Math.min(alone + 1, ONE_BY_ONE) : 0;
    if (taken) {
      return null; // that one looks again
    }
    boolean begun = false;
    try {
      begun = isFree() && WriterTurn.begin();
    } finally {
      if (!begun) {
        changed.signal();
      }
    }
    taken = begun;
    wanted = !begun;
    return begun ? handler : null;
  }

  @GuardedBy("lock")
  private boolean isFree() {
    return handler != null
        && alone == ONE_BY_ONE
        && !left
        && !closing
        && !stopped
        && output.writesAtOnce();
  }

  private void writeAtOnce(Handler source) {
    boolean more = false;
    boolean all = false;
    try {
      more = source.fill(output.clearedForOnce());
      all = output.writeAtOnce();
    } catch (IOException | RuntimeException | Error e) {
      failed.broke(e);
    } finally {
      WriterTurn.end();
      hasWritten(more, all);
    }
  }

  private void hasWritten(boolean more, boolean all) {
    lock.lock();
    try {
      taken = false;
      left = !all;
      wanted |= more;
      wroteAt = System.nanoTime();
      if (hasWork()) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Writes what is left, and then no more. */
  void close() {
    lock.lock();
    try {
      closing = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Writes nothing any more. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  // ---- the thread that may wait ----

  private enum Work {
    WRITE,
    LAST, // this side is closing: nothing is waited for any more
    STOP
  }

  /** Writes to the end, or until it is stopped. */
  void run(Handler source) throws IOException {
    boolean more = false;
    for (Work work = next(more); work != Work.STOP; work = next(more)) {
      output.write(); // what is left
      more = source.fill(output.cleared());
      if (output.isEmpty() && !more && work == Work.LAST) {
        output.end();
        return;
      }
      output.write();
    }
  }

  /** Makes the thread the writer when there is work. */
  private Work next(boolean more) {
    lock.lock();
    try {
      if (isThread && !more && !hasWork()) {
        isThread = false;
        taken = false;
        wroteAt = System.nanoTime();
      }
      while (!isThread && (taken || !hasWork())) {
        changed.awaitUninterruptibly();
      }
      isThread = true;
      taken = true;
      wanted = false;
      left = false;
      return stopped ? Work.STOP : closing ? Work.LAST : Work.WRITE;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean hasWork() {
    return wanted || left || closing || stopped;
  }

  /** Nobody is the writer any more when this returns, nor ever will be. */
  void retire() {
    lock.lock();
    try {
      while (taken && !isThread) {
        changed.awaitUninterruptibly();
      }
      isThread = true;
      taken = true;
    } finally {
      lock.unlock();
    }
  }
}
