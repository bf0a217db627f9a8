package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.Receiver;
import io.libchan.Select;
import io.libchan.Sender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The select that applications hold: clauses, and blocking over a {@link Selection}. Not
 * thread-safe, but two runs at once are refused.
 */
final class PortSelect implements Select {
  private final List<Clause> clauses = new ArrayList<>(4);
  private final AtomicBoolean running = new AtomicBoolean();
  private final Selection selection = new Selection(this);
  private @Nullable Duration timeout;
  private @Nullable Action onTimeout;
  private @Nullable Action otherwise;
  private boolean inOrder;

  // ---- building ----

  @Override
  public <T> Select receive(Receiver<T> receiver, Handler<? super T> onMessage) {
    return add(new ReceiveClause<>(Ends.ours(receiver), onMessage, null));
  }

  @Override
  public <T> Select receive(
      Receiver<T> receiver, Handler<? super T> onMessage, Handler<? super Reason> onEnd) {
    return add(new ReceiveClause<>(Ends.ours(receiver), onMessage, Objects.requireNonNull(onEnd)));
  }

  @Override
  public <T> Select send(Sender<T> sender, T message, Action onSent) {
    return add(new SendClause<>(Ends.ours(sender), always(message), onSent, null));
  }

  @Override
  public <T> Select send(
      Sender<T> sender, T message, Action onSent, Handler<? super Reason> onEnd) {
    return sendNext(sender, always(message), onSent, onEnd);
  }

  private static <T> Supplier<T> always(T message) {
    Objects.requireNonNull(message);
    return () -> message;
  }

  @Override
  public <T> Select sendNext(
      Sender<T> sender, Supplier<? extends @Nullable T> next, Action onSent) {
    return add(new SendClause<>(Ends.ours(sender), next, onSent, null));
  }

  @Override
  public <T> Select sendNext(
      Sender<T> sender,
      Supplier<? extends @Nullable T> next,
      Action onSent,
      Handler<? super Reason> onEnd) {
    return add(new SendClause<>(Ends.ours(sender), next, onSent, Objects.requireNonNull(onEnd)));
  }

  private Select add(Clause clause) {
    for (Clause other : clauses) {
      if (other.end() == clause.end()) {
        throw new IllegalArgumentException("twice in one select: " + clause.end());
      }
    }
    clauses.add(clause);
    return this;
  }

  @Override
  public Select after(Duration newTimeout, Action action) {
    if (onTimeout != null) {
      throw new IllegalStateException("there is a time-out already");
    }
    timeout = Objects.requireNonNull(newTimeout);
    onTimeout = Objects.requireNonNull(action);
    return this;
  }

  @Override
  public Select orElse(Action action) {
    if (otherwise != null) {
      throw new IllegalStateException("there is an orElse already");
    }
    otherwise = Objects.requireNonNull(action);
    return this;
  }

  @Override
  public Select inOrder() {
    inOrder = true;
    return this;
  }

  // ---- running ----

  /**
   * Begins a run, which is to be concluded.
   *
   * @throws IllegalStateException if one is under way
   */
  Selection begin() {
    if (!running.compareAndSet(false, true)) {
      throw new IllegalStateException("this select is running already");
    }
    clauses.removeIf(Clause::isOver);
    for (Clause clause : clauses) {
      clause.begin();
    }
    selection.begin();
    return selection;
  }

  /** The run is concluded. */
  void end() {
    running.set(false);
  }

  @Override
  public boolean run() throws ChannelException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Selection run = begin();
    boolean interrupted = !run.advance() && block(run);
    boolean givenUp = run.isGivenUp();
    if (interrupted && !givenUp) {
      Thread.currentThread().interrupt(); // a clause was ready first
    }
    boolean ran = run.conclude();
    if (givenUp) {
      throw new InterruptedException();
    }
    return ran;
  }

  /** Waits until the run is decided; whether an interruption made it give up. */
  private static boolean block(Selection run) {
    Blocking waiter = new Blocking();
    boolean interrupted = false;
    do {
      waiter.again();
      run.await(waiter);
      try {
        waiter.await(run.wakeAt());
      } catch (InterruptedException e) {
        interrupted = true;
        run.giveUp(); // a message on offer has to come back first
      } catch (TimeoutException e) {
        // The run has a look at the time.
      }
    } while (!run.advance());
    return interrupted;
  }

  // ---- for the run ----

  List<Clause> clauses() {
    return clauses;
  }

  boolean isInOrder() {
    return inOrder;
  }

  @Nullable Duration timeout() {
    return timeout;
  }

  @Nullable Action onTimeout() {
    return onTimeout;
  }

  @Nullable Action otherwise() {
    return otherwise;
  }
}
