package io.libchan.transport.websocket.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.ByteConnection;
import io.libchan.transport.websocket.internal.TlsErrors;
import io.libchan.transport.websocket.internal.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import okio.BufferedSource;
import okio.Okio;
import okio.Socket;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket over a socket that OkHttp has upgraded, with a thread that reads and one that writes.
 *
 * <p>Life: <em>new</em>, until {@link #start}; <em>open</em>; then a close frame goes each way: the
 * writer sends ours when there is nothing more to write, or at once where the peer closed first or
 * broke a rule; the reader reads to the peer's. Or it is <em>cut</em>. Whoever of the two threads
 * leaves last gives the socket back and tells the handler.
 *
 * <p>Thread-safe.
 */
final class ClientConnection implements ByteConnection {
  private final Socket socket;
  private final PeerInfo peer;
  private final long maxMessageBytes;
  private final Duration closeTimeout;
  private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
  private final AtomicBoolean wanted = new AtomicBoolean();

  /** What the last ping carried that is not answered; an older one needs no answer. */
  private final AtomicReference<byte @Nullable []> ping = new AtomicReference<>();

  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable Thread writer;

  @GuardedBy("lock")
  private boolean started;

  @GuardedBy("lock")
  private boolean closing;

  /** The frame to end with, without asking for more to write; null while there is no hurry. */
  @GuardedBy("lock")
  private @Nullable Close farewell;

  @GuardedBy("lock")
  private boolean cut;

  /** The peer's close frame has come: whatever fails now ends nothing that had not ended. */
  @GuardedBy("lock")
  private boolean peerClosed;

  @GuardedBy("lock")
  private int threads;

  @GuardedBy("lock")
  private boolean released;

  @GuardedBy("lock")
  private @Nullable IOException cause;

  ClientConnection(Socket socket, PeerInfo peer, Options options, long maxMessageBytes) {
    this.socket = socket;
    this.peer = peer;
    this.maxMessageBytes = maxMessageBytes;
    closeTimeout = options.closeTimeout();
    // They were for the handshake.
    socket.getSource().timeout().clearTimeout();
    socket.getSink().timeout().clearTimeout();
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
      if (started) {
        throw new IllegalStateException("started twice");
      }
      started = true;
      tooLate = released;
      threads = 2;
    } finally {
      lock.unlock();
    }
    if (tooLate) {
      thread("closed", () -> tellClosed(handler)).start();
      return;
    }
    Thread writing = thread("write", () -> write(handler));
    writer = writing;
    writing.start();
    thread("read", () -> read(handler)).start();
  }

  private Thread thread(String role, Runnable task) {
    Thread thread = new Thread(task, "libchan-websocket-" + role + "-" + peer.address());
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void wantWrite() {
    if (!wanted.get() && wanted.compareAndSet(false, true)) {
      LockSupport.unpark(writer);
    }
  }

  @Override
  public void close() {
    boolean unused;
    lock.lock();
    try {
      unused = !started && !released;
    } finally {
      lock.unlock();
    }
    if (unused) {
      start(Nobody.HANDLER);
    }
    beginClosing(null);
  }

  /** Says goodbye, with this frame at once or else when all is written; for a bounded time. */
  private void beginClosing(@Nullable Close at) {
    boolean first;
    lock.lock();
    try {
      if (cut || released) {
        return;
      }
      first = !closing;
      closing = true;
      if (farewell == null) {
        farewell = at;
      }
    } finally {
      lock.unlock();
    }
    wake();
    if (first) {
      // A copy, so that the time-out does not end the original.
      over.copy()
          .orTimeout(closeTimeout.toNanos(), TimeUnit.NANOSECONDS)
          .exceptionally(
              late -> {
                cut(new IOException("closing took longer than " + closeTimeout.toMillis() + " ms"));
                return null;
              });
    }
  }

  private void wake() {
    wanted.set(true);
    LockSupport.unpark(writer);
  }

  @Override
  public void abort() {
    cut(new IOException("aborted by this side"));
  }

  /** Ends both directions at once: both threads come back from where they wait, and leave. */
  private void cut(IOException why) {
    boolean unused;
    lock.lock();
    try {
      if (released || cut) {
        return;
      }
      cut = true;
      if (cause == null && !peerClosed) {
        cause = why;
      }
      unused = !started;
      released = unused;
    } finally {
      lock.unlock();
    }
    socket.cancel();
    if (unused) {
      Sockets.release(socket);
      over.complete(null);
    }
    wake();
  }

  // ---- the reader ----

  private void read(Handler handler) {
    BufferedSource source = Okio.buffer(socket.getSource());
    try {
      peerClosed(new FrameReader(source, maxMessageBytes, this::pinged).readAll(handler));
      skipAll(source);
    } catch (Violation violation) {
      failed(violation);
      skipAll(source);
    } catch (EOFException e) {
      cut(Wire.truncated());
    } catch (IOException e) {
      cut(TlsErrors.afterHandshake(e));
    } catch (RuntimeException | Error e) {
      cut(new IOException("the handler failed: " + e, e));
    } finally {
      leave(handler);
    }
  }

  /**
   * Reads until the server ends the connection, which is its part, or the time is over: unread
   * bytes, be it TLS's goodbye, would reset the connection, and the server not see our close frame.
   */
  private static void skipAll(BufferedSource source) {
    try {
      while (!source.exhausted()) {
        source.getBuffer().clear();
      }
    } catch (IOException e) {
      // It is over, and everybody knows why.
    }
  }

  private void pinged(byte[] carried) {
    ping.set(carried);
    wake();
  }

  /** The peer reads no more, so there is nothing to write but the answer. */
  private void peerClosed(Close close) {
    lock.lock();
    try {
      peerClosed = true;
      if (cause == null && !(closing && close.code() == Wire.NO_CODE)) {
        cause = Wire.closedBy(close.code(), close.text());
      }
    } finally {
      lock.unlock();
    }
    beginClosing(new Close(close.code(), ""));
  }

  /** The peer broke a rule: it is told, and what it sends from now on is thrown away. */
  private void failed(Violation violation) {
    lock.lock();
    try {
      peerClosed = true;
      if (cause == null) {
        cause = violation.reason();
      }
    } finally {
      lock.unlock();
    }
    beginClosing(new Close(violation.code(), violation.reason().reason().message()));
  }

  // ---- the writer ----

  private void write(Handler handler) {
    try {
      FrameWriter frames = new FrameWriter(Okio.buffer(socket.getSink()));
      boolean more = false;
      for (Work work = next(more); work != Work.STOP; work = next(more)) {
        byte[] carried = ping.getAndSet(null);
        if (carried != null) {
          frames.writePong(carried);
        }
        more = work != Work.FAREWELL && fill(handler, frames);
        if (!more && work != Work.WRITE) {
          frames.writeClose(goodbye());
          frames.flush();
          return;
        }
        if (!more) {
          frames.flush();
        }
      }
    } catch (IOException e) {
      writingFailed(e);
    } catch (RuntimeException | Error e) {
      cut(new IOException("the handler failed: " + e, e));
    } finally {
      leave(handler);
    }
  }

  private static boolean fill(Handler handler, FrameWriter frames) throws IOException {
    boolean more = handler.fill(frames.cleared());
    frames.writeMessage();
    return more;
  }

  private enum Work {
    WRITE,
    LAST, // this side is closing: nothing is waited for any more
    FAREWELL, // nothing is to be written but the close frame
    STOP
  }

  private Work next(boolean more) {
    while (true) {
      boolean asked = wanted.getAndSet(false) || more;
      lock.lock();
      try {
        if (cut) {
          return Work.STOP;
        }
        if (farewell != null) {
          return Work.FAREWELL;
        }
        if (closing || asked) {
          return closing ? Work.LAST : Work.WRITE;
        }
      } finally {
        lock.unlock();
      }
      while (!wanted.get()) {
        LockSupport.park(this);
      }
    }
  }

  private Close goodbye() {
    lock.lock();
    try {
      return farewell == null ? new Close(Wire.NORMAL, "") : farewell;
    } finally {
      lock.unlock();
    }
  }

  /** What the peer had sent may still be there to read, its close frame among it. */
  private void writingFailed(IOException e) {
    lock.lock();
    try {
      if (cause == null && !peerClosed && !cut) {
        cause = TlsErrors.afterHandshake(e);
      }
    } finally {
      lock.unlock();
    }
    beginClosing(null);
  }

  // ---- the end ----

  /** A thread is done with the socket; the last one gives it back. */
  private void leave(Handler handler) {
    lock.lock();
    try {
      if (--threads > 0) {
        return;
      }
      released = true;
    } finally {
      lock.unlock();
    }
    Sockets.release(socket);
    over.complete(null);
    tellClosed(handler);
  }

  private void tellClosed(Handler handler) {
    IOException why;
    lock.lock();
    try {
      why = cause;
    } finally {
      lock.unlock();
    }
    try {
      handler.closed(why);
    } catch (RuntimeException e) {
      System.getLogger(ClientConnection.class.getName())
          .log(System.Logger.Level.WARNING, "the handler of a connection failed", e);
    }
  }

  /** Stands in where a connection is closed that nobody started. */
  private enum Nobody implements Handler {
    HANDLER;

    @Override
    public boolean fill(ByteBuffer target) {
      return false;
    }

    @Override
    public void received(ByteBuffer bytes) {}

    @Override
    public void closed(@Nullable IOException cause) {}
  }
}
