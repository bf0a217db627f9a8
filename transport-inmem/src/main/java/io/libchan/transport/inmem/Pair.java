package io.libchan.transport.inmem;

import io.libchan.Options;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Two ends and the two movers between them. The pair is over when both movers have stopped for
 * good; only then, and so after every other call, both ends learn it.
 *
 * <p>Thread-safe.
 */
final class Pair {
  private final End connected;
  private final End accepted;
  private final Mover toAccepted;
  private final Mover toConnected;
  private final AtomicInteger movers = new AtomicInteger(2);
  private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
  private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();

  /** Somebody closed and everything written before has arrived: no need for more. */
  private volatile boolean closed;

  Pair(String name, long number, Options connecting, Options listening) {
    connected = new End(this, name, connecting);
    accepted = new End(this, name + "#" + number, listening);
    toAccepted = new Mover(this, connected, accepted);
    toConnected = new Mover(this, accepted, connected);
  }

  End connected() {
    return connected;
  }

  End accepted() {
    return accepted;
  }

  /** There is something to do for the mover that takes bytes from this end. */
  void wakeFrom(End source) {
    (source == connected ? toAccepted : toConnected).wake();
  }

  void wakeBoth() {
    toAccepted.wake();
    toConnected.wake();
  }

  /** An end closes: {@link Mover} drains it, for no longer than this. */
  void closing(End source, Duration bound) {
    // A copy, so that the time-out does not end the original; over early, it takes the timer away.
    CompletableFuture<@Nullable Void> watch = over.copy();
    watch
        .orTimeout(bound.toNanos(), TimeUnit.NANOSECONDS)
        .exceptionally(
            late -> {
              fail(new IOException("close took longer than " + bound.toMillis() + " ms"));
              return null;
            });
    wakeFrom(source);
  }

  /** Ends both sides at once; the first cause wins. */
  void fail(IOException cause) {
    fail(new Failure(null, cause));
  }

  /** Ends both sides at once because one side wants so. */
  void aborted(End by) {
    fail(new Failure(by, new IOException("the peer aborted the connection")));
  }

  private void fail(Failure first) {
    if (failure.compareAndSet(null, first)) {
      wakeBoth();
    }
  }

  /** Whether a mover from this end has to stop without another look at what there is to write. */
  boolean stopsAtOnce(End source) {
    return failure.get() != null || (closed && !source.isClosing());
  }

  /** Everything that a closing end had to write has arrived. */
  void drained() {
    closed = true;
    wakeBoth();
  }

  /** One mover stopped for good. */
  void stopped() {
    if (movers.decrementAndGet() > 0) {
      return;
    }
    over.complete(null);
    connected.over(causeFor(connected));
    accepted.over(causeFor(accepted));
  }

  private @Nullable IOException causeFor(End end) {
    Failure ended = failure.get();
    if (ended == null) {
      return null;
    }
    return ended.by == end ? new IOException("aborted by this side") : ended.cause;
  }

  private record Failure(@Nullable End by, IOException cause) {}
}
