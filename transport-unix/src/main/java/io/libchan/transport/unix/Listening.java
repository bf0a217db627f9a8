package io.libchan.transport.unix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Transport.Bound;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * A listening socket and the thread that accepts, which also makes it and closes it. Thread-safe.
 */
final class Listening implements Bound {
  private static final System.Logger LOG = System.getLogger(Listening.class.getName());

  /**
   * A socket that is bound and does not listen yet looks like a dead one, to the library as well.
   */
  private static final ReentrantLock BINDING = new ReentrantLock();

  private static final Duration BOUND = Duration.ofSeconds(10);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  private final UnixAddress address;
  private final UnixOptions unix;
  private final Taker taker;
  private final SocketFile file;
  private final CompletableFuture<Bound> bound = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private boolean closing;

  @GuardedBy("lock")
  private @Nullable OpenDescriptor waking; // the socket, which nobody but the library closes

  /** Gets whoever connected and is allowed to; never blocks. */
  interface Taker {
    /** The socket is the taker's, even if this throws. */
    void taken(AFUNIXSocket socket, PeerInfo peer) throws IOException;
  }

  Listening(UnixAddress address, Options options, Taker taker) {
    this.address = address;
    this.taker = taker;
    unix = UnixTransport.unixOptions(options);
    file = new SocketFile(address, unix);
  }

  Bound bind() throws ConnectFailed, InterruptedException {
    UnixThreads.start("accept", this::run);
    try {
      return bound.get();
    } catch (InterruptedException e) {
      close();
      throw e;
    } catch (ExecutionException e) {
      throw Sockets.failed(e);
    }
  }

  @Override
  public URI uri() {
    return address.uri();
  }

  /** Wakes the accepting thread, and waits until it has closed the socket. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (!closing) {
        closing = true;
        changed.signalAll();
        wake();
      }
    } finally {
      lock.unlock();
    }
    try {
      over.get(BOUND.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      LOG.log(System.Logger.Level.WARNING, "{0} did not stop listening", address);
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  private boolean isClosing() {
    lock.lock();
    try {
      return closing;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the socket's input, so that accepting, which may be on its way into the system, comes back
   * and does not wait again. It needs no file, which may be gone or another listener's by now.
   */
  @GuardedBy("lock")
  private void wake() {
    if (waking == null) {
      return; // it looks before it accepts
    }
    try {
      waking.shutdownInput();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "waking the listener at " + address, e);
    }
  }

  private void setWaking(@Nullable OpenDescriptor now) throws IOException {
    lock.lock();
    try {
      OpenDescriptor before = waking;
      waking = now;
      if (before != null) {
        before.close();
      }
    } finally {
      lock.unlock();
    }
  }

  // ---- the accepting thread ----

  private void run() {
    try (AFUNIXServerSocket server = AFUNIXServerSocket.newInstance()) {
      server.setDeleteOnClose(false); // by then the path may be another listener's
      server.setReuseAddress(false); // or binding takes away whatever is there
      BINDING.lock();
      try {
        file.prepare();
        server.bind(address.socketAddress(), unix.backlog());
      } finally {
        BINDING.unlock();
      }
      serve(server);
    } catch (ConnectFailed e) {
      bound.completeExceptionally(e);
    } catch (IOException | RuntimeException | Error e) {
      bound.completeExceptionally(
          new ConnectFailed(
              Reason.of(ReasonCode.CONNECT_FAILED, "can't listen at " + address + ": " + text(e)),
              e));
    } finally {
      over.complete(null);
    }
  }

  private void serve(AFUNIXServerSocket server) throws IOException {
    try {
      file.bound();
      setWaking(OpenDescriptor.duplicate(server.getFileDescriptor()));
      bound.complete(this);
      accept(server);
    } finally {
      setWaking(null);
      file.remove();
    }
  }

  private static String text(Throwable e) {
    return e instanceof IOException failed ? Sockets.describe(failed) : e.toString();
  }

  private void accept(AFUNIXServerSocket server) {
    Duration pause = FIRST_PAUSE;
    while (!isClosing()) {
      try {
        accepted(server.accept());
        pause = FIRST_PAUSE;
      } catch (IOException | RuntimeException | Error e) {
        if (isClosing()) {
          return;
        }
        if (server.isClosed()) {
          // The library does so when it finds another file in the place of the socket's.
          LOG.log(System.Logger.Level.WARNING, "nobody can connect to " + address + " any more", e);
          return;
        }
        // Such as too many open files: there will be fewer later.
        LOG.log(System.Logger.Level.WARNING, "accepting at " + address, e);
        await(pause);
        pause =
            pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                ? pause.multipliedBy(2)
                : LONGEST_PAUSE;
      }
    }
  }

  private void await(Duration pause) {
    lock.lock();
    try {
      long left = pause.toNanos();
      while (!closing && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      LOG.log(System.Logger.Level.DEBUG, "interrupted, by nobody of this library", e);
    } finally {
      lock.unlock();
    }
  }

  private void accepted(AFUNIXSocket socket) throws IOException {
    PeerInfo admitted = null;
    try {
      admitted = admitted(Sockets.peer(socket));
    } finally {
      if (admitted == null) {
        Sockets.closeQuietly(socket);
      }
    }
    if (admitted != null) {
      taker.taken(socket, admitted);
    }
  }

  private @Nullable PeerInfo admitted(UnixPeer peer) {
    if (isClosing()) {
      return null;
    }
    if (!unix.admits(peer.uid(), Users.own())) {
      LOG.log(
          System.Logger.Level.INFO,
          "{0} refused user {1}, see UnixOptions.allowedUids",
          address,
          Long.toString(peer.uid()));
      return null;
    }
    return Sockets.info(address, peer);
  }
}
