package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.Select;
import io.libchan.spi.SendPort.Withdrawal;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends. With capacity 0 nothing is taken by {@link #take}: the select offers the message, when all
 * others are known not to be ready, and asks it back before it looks at them again.
 *
 * <p>Not thread-safe: the select's.
 */
final class SendClause<T> extends Clause {
  private final PortSender<T> end;
  private final Supplier<? extends @Nullable T> next;
  private final Select.Action onSent;

  private @Nullable T message;
  private boolean supplied; // the supplier was asked, in this run
  private boolean full; // another sender's message is in the one place of a rendezvous
  private int offers; // in this run
  private long number; // of the message on offer; 0 for none
  private @Nullable SendPort<T> taker; // answers for the message on offer, whatever its successor
  private @Nullable SendPort<T> asked; // where the answer comes; superseded, it says so at once
  private @Nullable SendPort<T> waitsAt;

  SendClause(
      PortSender<T> end,
      Supplier<? extends @Nullable T> next,
      Select.Action onSent,
      Select.@Nullable Handler<? super Reason> onEnd) {
    super(onEnd);
    this.end = end;
    this.next = Objects.requireNonNull(next);
    this.onSent = Objects.requireNonNull(onSent);
  }

  @Override
  Object end() {
    return end;
  }

  @Override
  void begin() {
    message = null;
    supplied = false;
    full = false;
    offers = 0;
    number = 0;
  }

  @Override
  boolean isIdle() {
    return isOver() || (supplied && message == null);
  }

  boolean isRendezvous() {
    return end.capacity() == 0;
  }

  @Override
  boolean take() throws ChannelException {
    if (!supplied) {
      supplied = true;
      message = next.get();
    }
    if (message == null) {
      return false;
    }
    if (isRendezvous()) {
      return takeEnd();
    }
    return post(message) > 0 || isTelling();
  }

  /** A rendezvous has nothing to be taken but its end. */
  private boolean takeEnd() throws ChannelException {
    end.checkOwner();
    full = false;
    if (message != null && end.port().ended() != null) {
      post(message);
    }
    return isTelling();
  }

  private long post(T given) throws ChannelException {
    try {
      long posted;
      SendPort<T> port;
      do {
        port = end.port();
        posted = end.post(port, given);
      } while (posted == SendPort.SUPERSEDED);
      taker = port;
      asked = port;
      return posted;
    } catch (ChannelException e) {
      failed(e, end.port().ended());
      return SendPort.NO_ROOM;
    }
  }

  // ---- rendezvous ----

  /** How often it was offered in this run. */
  int offers() {
    return offers;
  }

  /** Whether another sender's message was in the way, since the last look. */
  boolean isFull() {
    return full;
  }

  /** Whether a receiver waits already. */
  boolean hasReceiver() {
    return end.port().hasReceiver();
  }

  /** Offers the message; whether it is on offer now. If not, an end may be to be told. */
  boolean offer() throws ChannelException {
    if (message != null) {
      number = post(message);
      full = number <= 0;
      offers++;
    }
    return number > 0;
  }

  /**
   * Asks the message on offer back.
   *
   * @return {@code RECEIVED} also if the channel has ended and that is to be told
   */
  Withdrawal withdraw() throws ChannelException {
    try {
      asked = end.port(); // before: it may be superseded while it is asked
      Withdrawal answer = Objects.requireNonNull(taker).withdraw(number);
      if (answer != Withdrawal.PENDING) {
        number = 0;
      }
      return answer;
    } catch (ChannelException e) {
      number = 0;
      failed(e, end.port().ended());
      return Withdrawal.RECEIVED;
    }
  }

  // ---- waiting ----

  @Override
  void await(Waiter waiter) {
    SendPort<T> port = number > 0 ? Objects.requireNonNull(asked) : end.port();
    waitsAt = port;
    if (number > 0) {
      port.awaitReceipt(number, waiter);
    } else if (full || !isRendezvous()) {
      port.awaitRoom(waiter);
    } else {
      port.awaitReceiver(waiter);
    }
  }

  @Override
  void cancel(Waiter waiter) {
    SendPort<T> port = waitsAt;
    waitsAt = null;
    if (port != null) {
      port.cancel(waiter);
    }
  }

  @Override
  void runTaken() throws ChannelException, InterruptedException {
    message = null;
    onSent.run();
  }
}
