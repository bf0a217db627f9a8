package io.libchan.transport.http2.okhttp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.spi.ByteConnection.Handler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import okio.Buffer;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * Pulls bytes from the engine into a request. It has a thread only while there are some: writing
 * blocks where HTTP/2's window or the socket has no room, so it can't have another body's.
 *
 * <p>Thread-safe.
 */
final class Outbound {
  /** What is kept of an unanswered request, to send it again elsewhere. */
  private static final int MAX_KEPT_BYTES = 64 * 1024;

  private static final int LEAST_ROOM = 4 * 1024;

  private static final int IDLE = 0;
  private static final int RUNNING = 1;
  private static final int AGAIN = 2;

  /** What is told about the writing, on its thread. */
  interface Owner {
    /** This request takes no more bytes. */
    void notWritten(IOException why);

    /** The engine failed. */
    void fail(IOException why);
  }

  private enum Mode {
    OPEN,
    LAST, // ends when there is nothing more
    FAREWELL // ends without asking for more
  }

  private final Executor threads;
  private final Owner owner;
  private final Runnable run = this::run;
  private final AtomicInteger state = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private @Nullable Handler handler;

  @GuardedBy("lock")
  private @Nullable BufferedSink sink;

  /** The sink is a request that is sent again. */
  @GuardedBy("lock")
  private boolean repeats;

  /** What to do once the request is given up or ended; null before. */
  @GuardedBy("lock")
  private @Nullable Runnable after;

  private volatile Mode mode = Mode.OPEN;
  private volatile boolean ending;

  /** What was written is kept, all of it. */
  private volatile boolean keeps = true;

  // The writing thread's.
  private final Buffer kept = new Buffer();
  private final Buffer.UnsafeCursor cursor = new Buffer.UnsafeCursor();

  Outbound(Executor threads, Owner owner) {
    this.threads = threads;
    this.owner = owner;
  }

  /** There is something to write, or to do. Cheap; any thread. */
  void wake() {
    for (int seen = state.get(); seen != AGAIN; seen = state.get()) {
      if (state.compareAndSet(seen, seen + 1)) {
        if (seen == IDLE) {
          begin();
        }
        return;
      }
    }
  }

  private void begin() {
    try {
      threads.execute(run);
    } catch (RejectedExecutionException e) {
      // The session is over, and so the body was.
    }
  }

  /** Pulls from the engine from now on. */
  void start(Handler value) {
    lock.lock();
    try {
      handler = value;
    } finally {
      lock.unlock();
    }
    wake();
  }

  /** Writes into this request from now on, at first what one before it had. */
  void attach(BufferedSink value, boolean again) {
    lock.lock();
    try {
      sink = value;
      repeats = again;
    } finally {
      lock.unlock();
    }
    wake();
  }

  /** Writes no more, until there is another request. */
  void detach() {
    lock.lock();
    try {
      sink = null;
    } finally {
      lock.unlock();
    }
  }

  /** Writes what there is, then ends the request. */
  void finish() {
    if (mode == Mode.OPEN) {
      mode = Mode.LAST;
    }
    wake();
  }

  /** Ends the request without writing more. */
  void farewell() {
    mode = Mode.FAREWELL;
    wake();
  }

  /**
   * The body is over: gives the request back to OkHttp, which keeps its connection until then.
   *
   * @param then what to do after it; not earlier than a write that is under way ends
   */
  void release(Runnable then) {
    lock.lock();
    try {
      after = then;
    } finally {
      lock.unlock();
    }
    wake();
  }

  /** The answer has begun: the request can't be sent again. */
  void answered() {
    keeps = false;
    wake();
  }

  /** Whether everything that was written could be sent again. */
  boolean canRepeat() {
    return keeps && !ending;
  }

  /** Whether the request has been ended, or is being. */
  boolean isEnding() {
    return ending;
  }

  /** Whether a thread is writing. */
  boolean isBusy() {
    return state.get() != IDLE;
  }

  private void run() {
    do {
      state.set(RUNNING);
      turn();
    } while (!state.compareAndSet(RUNNING, IDLE));
  }

  private void turn() {
    Handler from;
    BufferedSink to;
    boolean again;
    Runnable last;
    lock.lock();
    try {
      last = after;
      after = null;
      from = handler;
      to = sink;
      again = repeats;
      repeats = false;
    } finally {
      lock.unlock();
    }
    if (last != null) {
      forget(to);
      kept.clear();
      last.run();
      return;
    }
    if (!keeps) {
      kept.clear();
    }
    if (to == null || ending) {
      return;
    }
    try {
      if (again) {
        repeat(to);
      }
      write(from, to);
    } catch (IOException e) {
      if (forget(to)) {
        owner.notWritten(e);
      }
    } catch (RuntimeException | Error e) {
      forget(to);
      owner.fail(new IOException("the handler failed: " + e, e));
    }
  }

  private void write(@Nullable Handler from, BufferedSink to) throws IOException {
    boolean last;
    boolean more;
    do {
      last = mode != Mode.OPEN; // seen before the look that finds nothing more
      more = from != null && mode != Mode.FAREWELL && fill(from, to);
    } while (more);
    if (last || mode == Mode.FAREWELL) {
      ending = true;
      to.close();
    } else {
      to.flush();
    }
  }

  /** Lets the engine write into OkHttp's own buffer; returns whether it has more. */
  private boolean fill(Handler from, BufferedSink to) throws IOException {
    Buffer buffer = to.getBuffer();
    long before = buffer.size();
    int filled = 0;
    boolean more;
    buffer.readAndWriteUnsafe(cursor);
    try {
      cursor.expandBuffer(LEAST_ROOM);
      ByteBuffer target =
          ByteBuffer.wrap(cursor.data, cursor.start, cursor.end - cursor.start).slice();
      more = from.fill(target);
      keep(cursor.data, cursor.start, target.position());
      filled = target.position();
    } finally {
      cursor.resizeBuffer(before + filled);
      cursor.close();
    }
    to.emitCompleteSegments();
    return more && filled > 0;
  }

  private void keep(byte[] bytes, int from, int count) {
    if (!keeps) {
      return;
    }
    if (kept.size() + count > MAX_KEPT_BYTES) {
      keeps = false;
    } else {
      kept.write(bytes, from, count);
    }
  }

  private void repeat(BufferedSink to) throws IOException {
    if (!keeps) {
      throw new IOException("too much was written for another try");
    }
    kept.copyTo(to.getBuffer(), 0, kept.size());
    to.emitCompleteSegments();
  }

  private boolean forget(@Nullable BufferedSink done) {
    boolean current;
    lock.lock();
    try {
      current = sink == done;
      if (current) {
        sink = null;
      }
    } finally {
      lock.unlock();
    }
    try {
      if (done != null) {
        done.close();
      }
    } catch (IOException e) {
      // The request has failed, or was cancelled.
    }
    return current;
  }
}
