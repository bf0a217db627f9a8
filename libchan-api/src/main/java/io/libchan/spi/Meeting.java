package io.libchan.spi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Collection;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A passage for a rendezvous: one message at a time is <em>offered</em> until it is received. But a
 * receiver that waits holds out a <em>hand</em>, and who finds that gives its message there and is
 * done at once: the message is received, by nobody but this receiver, whatever becomes of the
 * channel. The next message is offered already while that one is on its way. So the cache line of
 * both, or a carrier that both threads share, changes over once for each message and not twice.
 *
 * <p>Thread-safe, as its parent says.
 */
final class Meeting<T> extends Passage<T> {
  private static final Object OPEN_HAND = new Object();

  private final Spot spot = new PaddedSpot();
  private final LongSupplier forMessage = spot::lookForMessage;
  private final LongSupplier forRoom = spot::lookForRoom;

  /** The gate, and what is changed by who has entered or holds it. */
  private static class Door extends Gate {
    static final VarHandle RECEIVED = handle(Door.class, "received", long.class);

    long received;
    boolean senders; // may pass
    boolean receivers;

    final void countReceived() {
      RECEIVED.setRelease(this, received + 1);
    }
  }

  /** Who looks for a message all the time is not to disturb who passes the gate. */
  @SuppressWarnings("unused")
  private static class Between extends Door {
    private long p1, p2, p3, p4, p5, p6, p7;
  }

  /** What is looked at while one waits. */
  private static class Spot extends Between {
    static final VarHandle OFFERED = handle(Spot.class, "offered", Object.class);
    static final VarHandle HAND = handle(Spot.class, "hand", Object.class);

    @Nullable Object offered; // changed by who has entered or holds the gate

    // Opened and cleared by its receiver at any time, filled by a sender that has entered.
    volatile @Nullable Object hand;

    // Whose hand is out; changed by who holds it out. Others may see anybody here but themselves.
    private @Nullable Thread holder;

    final boolean isEmpty() {
      return OFFERED.getAcquire(this) == null;
    }

    final boolean giveToHand(Object message) {
      return hand == OPEN_HAND && HAND.compareAndSet(this, OPEN_HAND, message);
    }

    final long lookForRoom() {
      return isEmpty() ? 1 : 0;
    }

    /** A receiver's look, which holds out its hand if nobody else's is there. */
    final long lookForMessage() {
      Thread me = Thread.currentThread();
      if (holder != me && hand == null && HAND.compareAndSet(this, null, OPEN_HAND)) {
        holder = me;
      }
      return isEmpty() && (holder != me || hand == OPEN_HAND) ? 0 : 1;
    }

    /**
     * Needs a little more stack than {@link #takeHandBack}, and is called as often, so that both
     * are compiled alike: where the stack is full, it is nearly always this that fails, with no
     * hand out. One that could not be taken back would stay out, and the next message be lost
     * there.
     */
    final @Nullable Object rehearse() {
      return seen(Thread.currentThread());
    }

    private @Nullable Object seen(Thread me) {
      return holder == me ? null : HAND.getVolatile(this);
    }

    /** What was given to the caller; the open hand if nothing was. */
    final Object takeHandBack() {
      if (holder != Thread.currentThread()) {
        return OPEN_HAND;
      }
      holder = null;
      return HAND.getAndSet(this, null);
    }
  }

  private static VarHandle handle(Class<?> owner, String name, Class<?> type) {
    try {
      return MethodHandles.lookup().findVarHandle(owner, name, type);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused")
  private static final class PaddedSpot extends Spot {
    private long p1, p2, p3, p4, p5, p6, p7; // room for what lies behind in memory
  }

  /**
   * Holds it.
   *
   * @param queued one message at most
   */
  Meeting(Collection<T> queued) {
    queued.forEach(this::add);
  }

  @Override
  long offer(T message) {
    Spot here = spot;
    if (!here.enter()) {
      return LOCKED;
    }
    long number = FULL;
    if (!here.senders) {
      number = LOCKED;
    } else if (here.offered == null) {
      number = here.received + 1 + shift();
      // It would pass who waits for room, or for a receipt, and nobody would signal them.
      if (here.receivers && here.giveToHand(message)) {
        here.countReceived();
      } else {
        here.offered = message;
      }
    }
    here.leave();
    return number;
  }

  @Override
  @Nullable Object poll() {
    Spot here = spot;
    // In this order: a channel that is not over afterwards was not over when it was empty.
    if (here.isEmpty() && !here.isHeld()) {
      return null;
    }
    if (!here.enter()) {
      return this;
    }
    Object message = here.receivers ? here.offered : this;
    if (message != null && message != this) {
      here.offered = null;
      here.countReceived();
    }
    here.leave();
    return message;
  }

  @Override
  long receivedPosition() {
    return (long) Door.RECEIVED.getAcquire(spot);
  }

  @Override
  @Nullable Object spinForMessage() {
    Object unused = spot.rehearse();
    boolean found;
    try {
      found = receivingSpin().until(forMessage, 1);
    } catch (Error e) {
      Object given = spot.takeHandBack();
      if (given != OPEN_HAND) {
        return given;
      }
      throw e;
    }
    Object given = spot.takeHandBack();
    return given != OPEN_HAND ? given : found ? null : this;
  }

  @Override
  boolean spinForRoom() {
    return sendingSpin().until(forRoom, 1);
  }

  @Override
  void hold() {
    spot.hold();
  }

  @Override
  void open(boolean senders, boolean receivers) {
    spot.senders = senders;
    spot.receivers = receivers;
    if (senders || receivers) {
      spot.leave();
    }
  }

  @Override
  long sent() {
    return spot.offered == null ? spot.received : spot.received + 1;
  }

  @Override
  long received() {
    return spot.received;
  }

  @Override
  void add(T message) {
    spot.offered = message;
  }

  @Override
  @SuppressWarnings("unchecked") // what was added
  @Nullable T peek() {
    return (T) spot.offered;
  }

  @Override
  @Nullable T remove() {
    T message = peek();
    if (message != null) {
      spot.offered = null;
      spot.countReceived();
    }
    return message;
  }
}
