package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Select;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One run of a select, without blocking. Who runs it calls {@link #advance} until that says that it
 * is decided which clause runs, and {@link #await} in between, to be signalled when advancing may
 * pay; then {@link #conclude}.
 *
 * <p>Life: <em>looking</em> at each clause, where one that is ready decides; then, if a message is
 * to be sent with capacity 0, <em>offering</em> it. As an offer may be taken at any moment, it
 * comes back before anything else is looked at: <em>asking back</em>, until the port says which it
 * was.
 *
 * <p>Two selects may each have a clause for what the other one offers. Both then ask back, find
 * nothing and would offer again, in step for ever. So whoever was disturbed in vain <em>rests</em>
 * for a random time, only listening: longer each time, and long for the distance. Of several
 * messages on offer in turn, each has a <em>slice</em> of time, longer each time.
 *
 * <p>Not thread-safe: by one thread at a time. The waiter is signalled on any.
 */
public final class Selection {
  /** What {@link #wakeAt} says if only the waiter tells. */
  public static final long NEVER = Blocking.NEVER;

  private static final long MIN_REST_NANOS = 20_000;
  private static final long MAX_REST_NANOS = 2_000_000_000;
  private static final long MIN_SLICE_NANOS = 1_000_000;
  private static final long MAX_SLICE_NANOS = 100_000_000;
  private static final int MAX_DOUBLINGS = 8;
  private static final int MAX_FAR_DOUBLINGS = 3;

  private final PortSelect select;
  private final List<Clause> clauses;
  private int[] order = {};

  private @Nullable Waiter waiter; // registered with clauses; null if it is not
  private long deadline;
  private boolean givenUp;
  private boolean decided;
  private Select.@Nullable Action winner;
  private int count; // of clauses, in this run
  private int awaited; // that may become ready
  private int rendezvous; // of these, that offer

  // Only with capacity 0.
  private @Nullable SendClause<?> offer;
  private boolean met; // it is offered to a receiver that was waiting
  private long askedBackAt;
  private boolean askingBack;
  private long roundTrip; // how long an answer takes, rather too long than too short
  private boolean resting;
  private long turnEnd; // of a rest or a slice
  private int rests;

  Selection(PortSelect select) {
    this.select = select;
    clauses = select.clauses();
  }

  void begin() {
    count = clauses.size();
    if (order.length < count) {
      order = new int[count];
    }
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
    Duration timeout = select.timeout();
    deadline = timeout == null ? NEVER : Blocking.deadline(timeout);
    givenUp = false;
    decided = false;
    winner = null;
    resting = false;
    turnEnd = NEVER;
    rests = 0;
  }

  // ---- for who runs it ----

  /** Goes as far as possible now; whether it is decided what to do. */
  public boolean advance() {
    if (!decided) {
      try {
        decided = decide();
      } catch (ChannelException | RuntimeException | Error e) {
        fail(e);
      }
      if (decided || offer == null) {
        // After looking: where the signal was in vain, or for a message not taken, it is passed on.
        forget();
      }
    }
    return decided;
  }

  /**
   * Signals the waiter, perhaps more than once, when {@link #advance} may get further; at once if
   * so now. Not once it is decided.
   *
   * @param newWaiter the same one at each call for one run
   */
  public void await(Waiter newWaiter) {
    SendClause<?> out = offer;
    if (out != null) {
      out.cancel(newWaiter);
      out.await(newWaiter);
      return;
    }
    try {
      if (rendezvous > 0 && !resting) {
        offerOne();
      }
    } catch (ChannelException | RuntimeException | Error e) {
      fail(e);
    }
    if (decided) {
      newWaiter.signal();
      return;
    }
    waiter = newWaiter;
    for (Clause clause : clauses) {
      boolean silent = isRendezvous(clause) && clause != offer && (resting || met);
      if (!clause.isIdle() && !silent) {
        clause.await(newWaiter);
      }
    }
  }

  /** When to advance even without a signal, by {@link System#nanoTime}, or {@link #NEVER}. */
  public long wakeAt() {
    if (askingBack) {
      return NEVER;
    }
    if (deadline == NEVER || turnEnd == NEVER) {
      return deadline == NEVER ? turnEnd : deadline;
    }
    return deadline - turnEnd < 0 ? deadline : turnEnd;
  }

  /** Decides for no clause, as soon as {@link #advance} can; that one was ready may come first. */
  public void giveUp() {
    givenUp = true;
  }

  /** Whether it was decided for no clause because it was given up. */
  public boolean isGivenUp() {
    return decided && givenUp && winner == null;
  }

  /**
   * Runs what was decided for, and ends the run.
   *
   * @return whether there was something; false also if it was given up
   */
  public boolean conclude() throws ChannelException, InterruptedException {
    Select.Action action = winner;
    winner = null;
    try {
      if (action != null) {
        action.run();
      }
      return action != null;
    } finally {
      select.end();
    }
  }

  // ---- deciding ----

  private void decide(Select.Action action) {
    winner = action;
    decided = true;
  }

  private void fail(Throwable failure) {
    decide(
        () -> {
          if (failure instanceof ChannelException ended) {
            throw ended;
          }
          if (failure instanceof RuntimeException misuse) {
            throw misuse;
          }
          throw (Error) failure;
        });
  }

  private boolean decide() throws ChannelException {
    SendClause<?> out = offer;
    boolean disturbed = false;
    if (out != null) {
      switch (askBack(out)) {
        case PENDING -> {
          return false;
        }
        case RECEIVED -> {
          winner = out;
          return true;
        }
        default -> disturbed = !isPast(turnEnd);
      }
    }
    if (givenUp || look()) {
      return true;
    }
    plan(disturbed);
    return false;
  }

  private SendPort.Withdrawal askBack(SendClause<?> out) throws ChannelException {
    if (!askingBack) {
      askingBack = true;
      askedBackAt = System.nanoTime();
    }
    boolean pending = false;
    try {
      SendPort.Withdrawal answer = out.withdraw();
      pending = answer == SendPort.Withdrawal.PENDING;
      return answer;
    } finally {
      if (!pending) {
        long took = System.nanoTime() - askedBackAt;
        roundTrip = Math.max(took, (took + roundTrip) / 2);
        askingBack = false;
        offer = null;
      }
    }
  }

  /** Looks at each clause, none being on offer; whether it is decided. */
  private boolean look() throws ChannelException {
    int open = 0;
    awaited = 0;
    rendezvous = 0;
    for (int i = 0; i < count; i++) {
      Clause clause = clauses.get(pick(i));
      if (clause.isOver()) {
        continue;
      }
      if (clause.take()) {
        winner = clause;
        return true;
      }
      open += clause.isOver() ? 0 : 1;
      awaited += clause.isIdle() ? 0 : 1;
      rendezvous += isRendezvous(clause) ? 1 : 0;
    }
    if (open == 0) {
      return true;
    }
    if (select.otherwise() != null) {
      winner = select.otherwise();
      return true;
    }
    if (isPast(deadline)) {
      winner = select.onTimeout();
      return true;
    }
    return awaited == 0 && deadline == NEVER;
  }

  /** The clause to look at next: one of those that were not looked at. */
  private int pick(int i) {
    if (!select.isInOrder() && i < count - 1) {
      int other = ThreadLocalRandom.current().nextInt(i, count);
      int chosen = order[other];
      order[other] = order[i];
      order[i] = chosen;
    }
    return order[i];
  }

  private static boolean isPast(long time) {
    return time != NEVER && System.nanoTime() - time >= 0;
  }

  private void forget() {
    Waiter registered = waiter;
    waiter = null;
    if (registered != null) {
      for (Clause clause : clauses) {
        clause.cancel(registered);
      }
    }
  }

  // ---- rendezvous ----

  private static boolean isRendezvous(Clause clause) {
    return clause instanceof SendClause<?> sending && !sending.isIdle() && sending.isRendezvous();
  }

  /** What to do with the time until something is ready. */
  private void plan(boolean disturbed) {
    if (disturbed && rendezvous < awaited) {
      long near = MIN_REST_NANOS << Math.min(rests, MAX_DOUBLINGS);
      long far = (2 * roundTrip) << Math.min(rests, MAX_FAR_DOUBLINGS);
      long most = Math.max(near, Math.min(far, MAX_REST_NANOS));
      rests++;
      resting = true;
      turnEnd = System.nanoTime() + ThreadLocalRandom.current().nextLong(most);
    } else if (!resting || isPast(turnEnd)) {
      resting = false;
      turnEnd = NEVER;
    }
  }

  /** Offers a message where there is room for it, first to a receiver that is known to wait. */
  private void offerOne() throws ChannelException {
    met = rendezvous > 1 && offerOne(true);
    if (!met) {
      offerOne(false);
    }
  }

  private boolean offerOne(boolean known) throws ChannelException {
    for (SendClause<?> next = next(known); next != null; next = next(known)) {
      if (offered(next)) {
        return true;
      }
    }
    return false;
  }

  /** The clause that was offered least in this run and may have room. */
  private @Nullable SendClause<?> next(boolean known) {
    SendClause<?> least = null;
    for (int i = 0; i < count; i++) {
      if (clauses.get(order[i]) instanceof SendClause<?> sending
          && isRendezvous(sending)
          && !sending.isFull()
          && (least == null || sending.offers() < least.offers())
          && (!known || sending.hasReceiver())) {
        least = sending;
      }
    }
    return least;
  }

  /** Whether it is on offer, or found its end, which is to be told. */
  private boolean offered(SendClause<?> sending) throws ChannelException {
    if (sending.offer()) {
      offer = sending;
      if (rendezvous > 1) {
        int doublings = Math.min(sending.offers() - 1, MAX_DOUBLINGS);
        long slice = Math.min(MAX_SLICE_NANOS, MIN_SLICE_NANOS << doublings);
        turnEnd = System.nanoTime() + Math.max(slice, 4 * roundTrip);
      }
      return true;
    }
    if (sending.isTelling()) {
      decide(sending);
    }
    return decided;
  }
}
