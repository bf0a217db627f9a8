package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The receiving end that applications hold: blocking over a {@link ReceivePort}. Thread-safe. */
final class PortReceiver<T> extends OwnedEnd implements Receiver<T> {
  private static final Reason CANCELLED =
      Reason.of(ReasonCode.CANCELLED, "the receiver closed the channel");

  private volatile ReceivePort<T> port;
  private volatile boolean ended;

  PortReceiver(ReceivePort<T> port) {
    this.port = port;
  }

  /** A receiving end that is closed when the application loses it. */
  static <T> PortReceiver<T> watched(ReceivePort<T> port) {
    PortReceiver<T> end = new PortReceiver<>(port);
    if (Watched.isWanted()) {
      Watched.end(
          end, "a receiving end of " + port.type(), end.ownership(), reason -> lost(port, reason));
    }
    return end;
  }

  private static <T> boolean lost(ReceivePort<T> first, Reason reason) {
    ReceivePort<T> now = first;
    for (ReceivePort<T> next = now.successor(); next != null; next = now.successor()) {
      now = next;
    }
    if (now.ended() != null) {
      return false;
    }
    now.close(reason);
    return true;
  }

  /** The port that messages come from now. */
  ReceivePort<T> port() {
    ReceivePort<T> now = port;
    for (ReceivePort<T> next = follow(now); next != now; next = follow(now)) {
      now = next;
    }
    return now;
  }

  @Override
  public @Nullable T receive() throws ChannelException, InterruptedException {
    try {
      return receive(Blocking.NEVER);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public @Nullable T receive(Duration timeout)
      throws ChannelException, InterruptedException, TimeoutException {
    return receive(Blocking.deadline(timeout));
  }

  @SuppressWarnings("unchecked") // a port gives a T or a None
  private @Nullable T receive(long deadline)
      throws ChannelException, InterruptedException, TimeoutException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    ReceivePort<T> asked = port;
    Blocking turn = null;
    boolean spun = false;
    try {
      for (; ; ) {
        Object next = next();
        if (!(next instanceof ReceivePort.None none)) {
          return (T) next;
        }
        if (none == ReceivePort.None.END) {
          return null;
        }
        asked = port;
        if (!spun && Spin.fits(deadline)) {
          spun = true; // once: others may take what comes
          Object found = asked.spin();
          if (found == null) {
            continue;
          }
          if (found != ReceivePort.None.EMPTY) {
            return (T) found;
          }
        }
        turn = new Blocking();
        asked.await(turn);
        turn.await(deadline);
      }
    } catch (InterruptedException | TimeoutException | IllegalStateException e) {
      if (turn != null) {
        asked.cancel(turn); // nobody else's turn is lost, whatever this thread was woken for
      }
      throw e;
    }
  }

  /** A message, {@code EMPTY} or {@code END}. */
  Object next() throws ChannelException {
    for (; ; ) {
      checkOwner();
      ReceivePort<T> now = port;
      Object next = now.poll();
      if (next == ReceivePort.None.SUPERSEDED) {
        follow(now);
        continue;
      }
      if (next == ReceivePort.None.END) {
        ended = true;
      }
      return next;
    }
  }

  @Override
  @SuppressWarnings("unchecked") // a port gives a T or a None
  public @Nullable T poll() throws ChannelException {
    Object next = next();
    return next instanceof ReceivePort.None ? null : (T) next;
  }

  @Override
  public boolean ended() {
    return ended;
  }

  @Override
  public void close() {
    close(CANCELLED);
  }

  @Override
  public void close(Reason reason) {
    if (reason.isEnd()) {
      throw new IllegalArgumentException("a cancel needs a reason other than the clean end");
    }
    if (ownership().close()) {
      port.close(reason);
    }
  }

  @Override
  public Iterator<T> iterator() {
    return new Messages();
  }

  @Override
  public CompletionStage<Reason> closed() {
    Reason already = port.ended();
    if (already != null) {
      return CompletableFuture.completedStage(already);
    }
    CompletableFuture<Reason> future = new CompletableFuture<>();
    watch(port, future);
    return future.minimalCompletionStage();
  }

  private void watch(ReceivePort<T> now, CompletableFuture<Reason> future) {
    now.onEnd(
        () -> {
          Reason reason = now.ended();
          if (reason != null) {
            // Not here: whoever is called back may block, and this may be an I/O thread. Nor on the
            // common pool, all of whose threads may be blocked until they learn just this.
            future.completeAsync(() -> reason, Options.DEFAULTS.executor());
          } else {
            watch(follow(now), future);
          }
        });
  }

  @Override
  public Type type() {
    return port.type();
  }

  @Override
  public int capacity() {
    return port.capacity();
  }

  private ReceivePort<T> follow(ReceivePort<T> now) {
    ReceivePort<T> next = now.successor();
    if (next == null) {
      return now;
    }
    port = next;
    return next;
  }

  /** The end was sent away, and the sending end goes on with this port. */
  void moved(SendPort<T> after) {
    sentAway();
    if (port instanceof MemoryChannel<T>.Receiving) {
      port = new MovedReceiver<>(after);
    }
  }

  @Override
  public String toString() {
    return "Receiver<" + type().getTypeName() + ">";
  }

  private final class Messages implements Iterator<T> {
    private @Nullable T next;

    @Override
    public boolean hasNext() {
      if (next == null) {
        try {
          next = receive();
        } catch (ChannelException e) {
          throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          InterruptedIOException cause = new InterruptedIOException("interrupted while receiving");
          cause.initCause(e);
          throw new UncheckedIOException(cause);
        }
      }
      return next != null;
    }

    @Override
    public T next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      T message = Objects.requireNonNull(next);
      next = null;
      return message;
    }
  }
}
