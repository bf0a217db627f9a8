package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.Sender;
import java.lang.ref.Reference;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;

/** The sending end that applications hold: blocking over a {@link SendPort}. Thread-safe. */
final class PortSender<T> extends OwnedEnd implements Sender<T> {
  private volatile SendPort<T> port;

  PortSender(SendPort<T> port) {
    this.port = port;
  }

  /** A sending end that is closed when the application loses it. */
  static <T> PortSender<T> watched(SendPort<T> port) {
    PortSender<T> end = new PortSender<>(port);
    if (Watched.isWanted()) {
      Watched.end(
          end, "a sending end of " + port.type(), end.ownership(), reason -> lost(port, reason));
    }
    return end;
  }

  private static <T> boolean lost(SendPort<T> first, Reason reason) {
    SendPort<T> now = first;
    for (SendPort<T> next = now.successor(); next != null; next = now.successor()) {
      now = next;
    }
    if (now.ended() != null) {
      return false;
    }
    now.close(reason);
    return true;
  }

  /** The port that messages go to now. */
  SendPort<T> port() {
    SendPort<T> now = port;
    for (SendPort<T> next = follow(now); next != now; next = follow(now)) {
      now = next;
    }
    return now;
  }

  @Override
  public void send(T message) throws ChannelException, InterruptedException {
    try {
      send(message, Blocking.NEVER);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void send(T message, Duration timeout)
      throws ChannelException, InterruptedException, TimeoutException {
    send(message, Blocking.deadline(timeout));
  }

  private void send(T message, long deadline)
      throws ChannelException, InterruptedException, TimeoutException {
    Objects.requireNonNull(message);
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    SendPort<T> asked = port();
    Blocking turn = null;
    boolean spun = false;
    try {
      SendPort<T> to = asked;
      long number = post(to, message);
      while (number <= 0) {
        if (number == SendPort.NO_ROOM) {
          if (spun || !Spin.fits(deadline) || !to.spinForRoom()) {
            asked = to;
            turn = awaitRoom(to, deadline);
          }
          spun = true; // once: others may take what comes
        }
        to = port();
        number = post(to, message);
      }
      if (to.capacity() == 0) {
        awaitTaken(to, number, deadline);
      }
    } catch (IllegalStateException e) {
      if (turn != null) {
        asked.cancel(turn); // the end is being sent away, or not after all: others still wait
      }
      throw e;
    } finally {
      Reference.reachabilityFence(this); // who waits has not lost the end
    }
  }

  /** The message's number at a port of this end's, or what {@link SendPort#trySend} says. */
  long post(SendPort<T> to, T message) throws ChannelException {
    checkOwner();
    return to.trySend(message);
  }

  private static Blocking awaitRoom(SendPort<?> now, long deadline)
      throws InterruptedException, TimeoutException {
    Blocking waiter = new Blocking();
    now.awaitRoom(waiter);
    try {
      waiter.await(deadline);
      return waiter;
    } catch (InterruptedException | TimeoutException e) {
      now.cancel(waiter);
      throw e;
    }
  }

  /** Asks the port that took the message: it knows, or its successor does. */
  private void awaitReceipt(SendPort<T> first, long number, long deadline, boolean ask)
      throws ChannelException, InterruptedException, TimeoutException {
    SendPort<T> now = first;
    if (Spin.fits(deadline) && first.spinForReceipt(number)) {
      return;
    }
    while (!first.isReceived(number)) {
      Blocking waiter = new Blocking();
      now.awaitReceipt(number, waiter);
      try {
        waiter.await(deadline);
      } catch (InterruptedException | TimeoutException e) {
        now.cancel(waiter);
        throw e;
      }
      SendPort<T> next = follow(now);
      if (ask && next != now) {
        next.requestReceipt(); // the one before could not pass that on
      }
      now = next;
    }
  }

  /** Rendezvous. Giving up needs an answer, so that delivery is always known. */
  private void awaitTaken(SendPort<T> to, long number, long deadline)
      throws ChannelException, InterruptedException, TimeoutException {
    try {
      awaitReceipt(to, number, deadline, false);
    } catch (InterruptedException e) {
      if (withdrawn(to, number)) {
        throw e;
      }
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      if (withdrawn(to, number)) {
        throw e;
      }
    }
  }

  private boolean withdrawn(SendPort<T> to, long number) throws ChannelException {
    boolean interrupted = false;
    SendPort<T> now = to;
    try {
      for (; ; ) {
        SendPort.Withdrawal answer = to.withdraw(number);
        if (answer != SendPort.Withdrawal.PENDING) {
          return answer == SendPort.Withdrawal.WITHDRAWN;
        }
        try {
          Blocking waiter = new Blocking();
          now.awaitReceipt(number, waiter);
          waiter.await(Blocking.NEVER);
          now = follow(now);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          throw new AssertionError(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public boolean trySend(T message) throws ChannelException {
    Objects.requireNonNull(message);
    if (capacity() == 0) {
      checkOwner();
      return false;
    }
    long number;
    do {
      number = post(port(), message);
    } while (number == SendPort.SUPERSEDED);
    return number > 0;
  }

  @Override
  public void flush() throws ChannelException, InterruptedException {
    try {
      flush(Blocking.NEVER);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void flush(Duration timeout)
      throws ChannelException, InterruptedException, TimeoutException {
    flush(Blocking.deadline(timeout));
  }

  private void flush(long deadline)
      throws ChannelException, InterruptedException, TimeoutException {
    if (!isClosed()) {
      checkOwner();
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    try {
      SendPort<T> first = port();
      long number = first.sent();
      first.requestReceipt();
      awaitReceipt(first, number, deadline, true);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public void close() {
    end(Reason.END);
  }

  @Override
  public void fail(Reason reason) {
    if (reason.isEnd()) {
      throw new IllegalArgumentException("a failure needs a reason other than the clean end");
    }
    end(reason);
  }

  private void end(Reason reason) {
    if (ownership().close()) {
      port.close(reason);
    }
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

  private void watch(SendPort<T> now, CompletableFuture<Reason> future) {
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

  /** The port to use after this one: itself, or its successor. */
  private SendPort<T> follow(SendPort<T> now) {
    SendPort<T> next = now.successor();
    if (next == null) {
      return now;
    }
    port = next;
    return next;
  }

  /** The end was sent away, and the receiving end goes on with this port. */
  void moved(ReceivePort<T> after) {
    sentAway();
    // Of a rendezvous that is under way the channel still knows how it comes out.
    if (capacity() > 0 && port instanceof MemoryChannel<T>.Sending) {
      port = new MovedSender<>(after);
    }
  }

  @Override
  public String toString() {
    return "Sender<" + type().getTypeName() + ">";
  }
}
