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

  private volatile @Nullable AFUNIXServerSocket listening;

  /** Gets whoever connected and is allowed to; never blocks. */
  interface Taker {
    /** The socket is the taker's unless this throws. */
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

  /** Wakes the accepting thread by a connection of its own, and waits until it has closed. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (!closing) {
        closing = true;
        changed.signalAll();
        UnixThreads.start("wake", this::wake);
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

  private void wake() {
    AFUNIXSocket waking = null;
    try {
      waking = AFUNIXSocket.newInstance();
      waking.connect(address.socketAddress());
    } catch (IOException e) {
      closeUnderway(); // somebody took its file away
    } finally {
      if (waking != null) {
        Sockets.closeQuietly(waking);
      }
    }
  }

  /** The last resort, as the accepting thread may be on its way into a system call. */
  private void closeUnderway() {
    AFUNIXServerSocket server = listening;
    try {
      if (server != null) {
        server.close();
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "closing a listener", e);
    }
  }

  // ---- the accepting thread ----

  private void run() {
    try (AFUNIXServerSocket server = AFUNIXServerSocket.newInstance()) {
      server.setDeleteOnClose(false); // by then the path may be another listener's
      file.prepare();
      server.bind(address.socketAddress(), unix.backlog());
      file.bound();
      listening = server;
      bound.complete(this);
      accept(server);
      file.remove();
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

  private static String text(Throwable e) {
    return e instanceof IOException failed ? Sockets.describe(failed) : e.toString();
  }

  private void accept(AFUNIXServerSocket server) {
    Duration pause = FIRST_PAUSE;
    while (!isClosing()) {
      try {
        accepted(server.accept());
        pause = FIRST_PAUSE;
      } catch (IOException | RuntimeException e) {
        if (isClosing()) {
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
    boolean handed = false;
    try {
      UnixPeer peer = Sockets.peer(socket);
      if (isClosing()) {
        return;
      }
      if (!unix.admits(peer.uid(), Users.own())) {
        LOG.log(
            System.Logger.Level.INFO,
            "{0} refused user {1}, see UnixOptions.allowedUids",
            address,
            Long.toString(peer.uid()));
        return;
      }
      taker.taken(socket, Sockets.info(address, peer));
      handed = true;
    } finally {
      if (!handed) {
        Sockets.closeQuietly(socket);
      }
    }
  }
}
