package io.libchan.gateway;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import io.libchan.calls.Call;
import io.libchan.calls.CallFailed;
import io.libchan.calls.Caller;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The way to the dialing side: one session and its channel of dials, made when somebody asks, and
 * made again for who asks after it was lost.
 *
 * <p>Thread-safe.
 */
final class Link {
  private static final Reason CLOSED = Reason.of(ReasonCode.CANCELLED, "the gateway was closed");

  private final SessionSource source;
  private final boolean owned;
  private final Executor executor;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private @Nullable CompletableFuture<Caller<Dial, Dialed>> current;
  private @Nullable Session session;
  private boolean closed;

  Link(SessionSource source, boolean owned, Executor executor) {
    this.source = source;
    this.owned = owned;
    this.executor = executor;
  }

  /** The channel of dials, or one that is being opened; it fails with the reason why not. */
  CompletableFuture<Caller<Dial, Dialed>> caller() {
    CompletableFuture<Caller<Dial, Dialed>> opened;
    lock.lock();
    try {
      if (closed) {
        return CompletableFuture.failedFuture(ChannelException.of(CLOSED));
      }
      if (current != null) {
        return current;
      }
      opened = new CompletableFuture<>();
      current = opened;
    } finally {
      lock.unlock();
    }
    try {
      executor.execute(() -> open(opened));
    } catch (RejectedExecutionException e) {
      fail(opened, e);
    }
    return opened;
  }

  /**
   * Asks for a connection.
   *
   * @return fails with what {@link #reason} understands
   */
  CompletableFuture<Dialed> dial(Dial dial, Duration timeout) {
    long start = System.nanoTime();
    return caller()
        .copy() // it is everybody's
        .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
        .thenCompose(
            caller -> caller.callAsync(dial, timeout.minusNanos(System.nanoTime() - start)));
  }

  /** Why a dial failed. */
  static Reason reason(Throwable failure) {
    Throwable cause = failure;
    if (failure instanceof CompletionException wrapped && wrapped.getCause() != null) {
      cause = wrapped.getCause();
    }
    if (cause instanceof ChannelException known) {
      return known.reason();
    }
    if (cause instanceof CallFailed error) {
      return error.reason();
    }
    if (cause instanceof TimeoutException) {
      return Reason.of(ReasonCode.DEADLINE, "no session with the dialing side in time");
    }
    return Reason.of(ReasonCode.INTERNAL, "the gateway failed: " + cause);
  }

  private void open(CompletableFuture<Caller<Dial, Dialed>> opened) {
    try {
      Session now = session();
      Sender<Call<Dial, Dialed>> dials =
          now.open(Dial.CHANNEL, Dialer.DIALS, Channel.DEFAULT_CAPACITY);
      var unused = dials.closed().thenRun(() -> forget(opened));
      opened.complete(new Caller<>(dials, executor));
    } catch (ChannelException | RuntimeException e) {
      fail(opened, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(opened, e);
    }
  }

  /** The session, a new one if it is lost; one thread at a time. */
  private Session session() throws ChannelException, InterruptedException {
    lock.lock();
    try {
      if (session != null) {
        return session;
      }
    } finally {
      lock.unlock();
    }
    Session made = source.connect();
    boolean late;
    lock.lock();
    try {
      late = closed;
      session = made;
    } finally {
      lock.unlock();
    }
    if (late && owned) {
      made.close();
      throw new SessionLost(CLOSED);
    }
    var unused = made.closed().thenRun(() -> lost(made));
    return made;
  }

  private void lost(Session gone) {
    lock.lock();
    try {
      if (session == gone) {
        session = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private void fail(CompletableFuture<Caller<Dial, Dialed>> opened, Exception why) {
    forget(opened);
    opened.completeExceptionally(why);
  }

  private void forget(CompletableFuture<Caller<Dial, Dialed>> opened) {
    lock.lock();
    try {
      if (current == opened) {
        current = null;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Closes the channel, and the session if that is ours; idempotent. */
  void close() {
    CompletableFuture<Caller<Dial, Dialed>> dials;
    Session last;
    lock.lock();
    try {
      closed = true;
      dials = current;
      last = session;
      session = null;
    } finally {
      lock.unlock();
    }
    if (dials != null) {
      var unused = dials.thenAccept(Caller::close);
    }
    if (last != null && owned) {
      last.close();
    }
  }
}
