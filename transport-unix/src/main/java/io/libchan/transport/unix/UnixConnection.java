package io.libchan.transport.unix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.Descriptor;
import io.libchan.spi.DescriptorConnection;
import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * One connected Unix socket, with a thread that reads and one that writes.
 *
 * <p>Life: <em>new</em>, until {@link #start}; <em>open</em>; <em>closing</em>, by either side: the
 * writer writes what there is and ends its direction, the reader reads to the end; or <em>cut</em>,
 * at once. Whoever of the two threads leaves last closes the socket and tells the handler. Nobody
 * else may close it: the number of a closed descriptor belongs to the next socket at once, and a
 * thread on its way into a system call would read from that.
 *
 * <p>Thread-safe.
 */
final class UnixConnection implements DescriptorConnection {
  private final AFUNIXSocket socket;
  private final PeerInfo peer;
  private final boolean sameUser;
  private final Duration closeTimeout;
  private final Output output;
  private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
  private final Writing writing;
  private final ReentrantLock lock = new ReentrantLock();

  // Set before the threads start.
  private @Nullable Consumer<Descriptor> taker;

  @GuardedBy("lock")
  private boolean started;

  @GuardedBy("lock")
  private boolean closing;

  @GuardedBy("lock")
  private boolean peerEnded;

  @GuardedBy("lock")
  private boolean cut;

  @GuardedBy("lock")
  private int threads;

  @GuardedBy("lock")
  private boolean released; // the socket is closed, and its number another one's

  @GuardedBy("lock")
  private @Nullable IOException cause;

  UnixConnection(AFUNIXSocket socket, PeerInfo peer, Options options) throws IOException {
    this.socket = socket;
    this.peer = peer;
    sameUser = peer.principal() instanceof UnixPeer user && user.uid() == Users.own();
    closeTimeout = options.closeTimeout();
    output = new Output(socket.getFileDescriptor());
    writing = new Writing(output, this::broke);
  }

  @Override
  public PeerInfo peer() {
    return peer;
  }

  @Override
  public boolean isSameUser() {
    return sameUser;
  }

  @Override
  public void takeDescriptors(Consumer<Descriptor> newTaker) {
    taker = newTaker;
    Natives.takeDescriptors(socket);
  }

  @Override
  public boolean pass(Descriptor descriptor) {
    return output.pass(descriptor);
  }

  @Override
  public boolean isFull() {
    return output.isFull();
  }

  @Override
  public Descriptor duplicate(FileDescriptor open) throws IOException {
    return OpenDescriptor.duplicate(open);
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
      UnixThreads.start("closed", () -> tellClosed(handler));
      return;
    }
    writing.start(handler);
    begin("read", this::read, handler);
    begin("write", this::write, handler);
  }

  private void begin(String role, Consumer<Handler> body, Handler handler) {
    try {
      UnixThreads.start(role, () -> body.accept(handler));
    } catch (OutOfMemoryError e) {
      cut(new IOException("there is no thread for it: " + e.getMessage(), e));
      writing.retire();
      leave(handler);
    }
  }

  @Override
  public void wantWrite() {
    writing.wantWrite();
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
      start(Nobody.HANDLER); // what the peer sent is read, or it would see a reset
    }
    beginClosing();
  }

  private void beginClosing() {
    lock.lock();
    try {
      if (closing || cut || released) {
        return;
      }
      closing = true;
    } finally {
      lock.unlock();
    }
    writing.close();
    // A copy, so that the time-out does not end the original.
    over.copy()
        .orTimeout(closeTimeout.toNanos(), TimeUnit.NANOSECONDS)
        .exceptionally(
            late -> {
              cut(new IOException("closing took longer than " + closeTimeout.toMillis() + " ms"));
              return null;
            });
  }

  @Override
  public void abort() {
    cut(new IOException("aborted by this side"));
  }

  /** Ends both directions at once: both threads come back from where they wait, and leave. */
  private void cut(IOException why) {
    lock.lock();
    try {
      if (released || cut) {
        return;
      }
      cut = true;
      if (cause == null && !peerEnded) {
        cause = why;
      }
      writing.stop();
      if (started) {
        shutdown(); // under the lock, or the number could be another socket's by now
      } else {
        release();
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void shutdown() {
    try {
      socket.getChannel().shutdownOutput();
      socket.getChannel().shutdownInput();
    } catch (IOException e) {
      // Not connected any more, so nobody waits.
    }
  }

  // ---- the reader ----

  private void read(Handler handler) {
    writing.isReader();
    try {
      new Input(socket, taker).readAll(handler, writing::hasRead, output::writesBulk);
      ended();
    } catch (IOException e) {
      broke("reading", e);
    } catch (RuntimeException | Error e) {
      broke(e);
    } finally {
      leave(handler);
    }
  }

  /** The peer wrote its last. What is left to write here still goes out, if it is read there. */
  private void ended() {
    lock.lock();
    try {
      peerEnded = true;
    } finally {
      lock.unlock();
    }
    beginClosing();
  }

  private void broke(String doing, IOException e) {
    cut(new IOException(doing + ": " + Sockets.describe(e), e));
  }

  /** Writing failed, or the handler did. */
  private void broke(Throwable cause) {
    if (cause instanceof IOException e) {
      broke("writing", e);
    } else {
      cut(new IOException("the handler failed: " + cause, cause));
    }
  }

  // ---- the writer ----

  private void write(Handler handler) {
    try {
      writing.run(handler);
    } catch (IOException | RuntimeException | Error e) {
      broke(e);
    } finally {
      writing.retire();
      leave(handler);
    }
  }

  // ---- the end ----

  /** A thread is done with the socket; the last one closes it. */
  private void leave(Handler handler) {
    lock.lock();
    try {
      if (--threads > 0) {
        return;
      }
      release();
    } finally {
      lock.unlock();
    }
    tellClosed(handler);
  }

  @GuardedBy("lock")
  private void release() {
    released = true;
    output.close();
    Sockets.closeQuietly(socket);
    over.complete(null);
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
      System.getLogger(UnixConnection.class.getName())
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
