package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.Select;
import org.jspecify.annotations.Nullable;

/**
 * One end in a select and what is to be done with it. Running it runs the handler of what {@link
 * #take} has taken.
 *
 * <p>Not thread-safe: the select's.
 */
abstract sealed class Clause implements Select.Action permits ReceiveClause, SendClause {
  private final Select.@Nullable Handler<? super Reason> onEnd;
  private @Nullable Reason reason; // to be told
  private boolean over;

  Clause(Select.@Nullable Handler<? super Reason> onEnd) {
    this.onEnd = onEnd;
  }

  /** The end that the application holds. */
  abstract Object end();

  /** Forgets the run before. */
  void begin() {}

  /** Whether it can't become ready in this run. */
  boolean isIdle() {
    return over;
  }

  /** Whether it can't become ready any more. */
  final boolean isOver() {
    return over;
  }

  /** Takes a message, sends one, or notes an end that is to be told; whether it did. */
  abstract boolean take() throws ChannelException;

  /** Signals the waiter once {@link #take} may succeed. */
  abstract void await(Waiter waiter);

  /** Forgets the waiter, wherever it waits. */
  abstract void cancel(Waiter waiter);

  /** Does what belongs to what was taken. */
  abstract void runTaken() throws ChannelException, InterruptedException;

  /** The clean end; whether it is to be told. */
  final boolean ended() {
    over = true;
    reason = onEnd == null ? null : Reason.END;
    return onEnd != null;
  }

  /**
   * The channel threw this.
   *
   * @param ended why the channel has ended, if it has: one single message may have been rejected
   * @throws ChannelException the same, unless it is an end that is to be told
   */
  final void failed(ChannelException e, @Nullable Reason ended) throws ChannelException {
    if (onEnd == null || !e.reason().equals(ended)) {
      throw e;
    }
    over = true;
    reason = ended;
  }

  /** Whether an end is to be told. */
  final boolean isTelling() {
    return reason != null;
  }

  @Override
  public final void run() throws ChannelException, InterruptedException {
    Reason told = reason;
    reason = null;
    if (told != null && onEnd != null) {
      onEnd.handle(told);
    } else {
      runTaken();
    }
  }
}
