package io.libchan.spi;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * The queue of a {@link MemoryChannel} in steady use: one sender and one receiver at a time pass
 * through it without the channel's lock, each on a {@link Side} of its own. Whoever has the
 * channel's lock can hold a side: then nobody passes there, and all take the lock instead. So
 * anything out of the ordinary, a waiter to be signalled above all, holds the side of those who
 * would have to see to it, and is looked at under the lock only.
 *
 * <p>Positions count all messages that ever went through. Those of a side are changed by who has
 * entered or holds it, the slots by who has both.
 *
 * <p>Thread-safe; some methods are for who has the lock and holds both sides.
 */
final class Ring<T> {
  /** What {@link #offer} says if the lock is to be taken. */
  static final long LOCKED = -1;

  /** What {@link #offer} says if there is no room. */
  static final long FULL = 0;

  /** No {@link #shift}. */
  static final long UNKNOWN = Long.MIN_VALUE / 2;

  private static final int FIRST_SLOTS = 4;

  /** Room, so that what lies before a side in memory has a cache line of its own. */
  @SuppressWarnings("unused")
  static class Padding {
    private int p0; // else a field of a subclass fills the gap
    private long p1, p2, p3, p4, p5, p6, p7;
  }

  private final Side sending = new Side();
  private final Side receiving = new Side();
  private final int capacity;
  private @Nullable Object[] slots;
  private volatile long shift = UNKNOWN; // from positions to numbers

  /**
   * Holds both sides.
   *
   * @param capacity how many messages may be on their way; at least 1
   */
  Ring(int capacity, Collection<T> queued) {
    this.capacity = capacity;
    slots = new Object[Math.max(FIRST_SLOTS, 2 * Integer.highestOneBit(queued.size()))];
    queued.forEach(this::add);
  }

  // ---- passing, without the lock ----

  /** The message's number, {@link #FULL} or {@link #LOCKED}. */
  long offer(T message) {
    Side side = sending;
    if (!side.enter()) {
      return LOCKED;
    }
    long at = side.own();
    @Nullable Object[] all = slots;
    int room = Math.min(capacity, all.length);
    if (at - side.seen >= room) {
      side.seen = receiving.position();
      if (at - side.seen >= room) {
        side.leave();
        return room == capacity ? FULL : LOCKED; // for more slots
      }
    }
    all[(int) at & (all.length - 1)] = message;
    side.advance();
    long number = at + 1 + shift;
    side.leave();
    return number;
  }

  /** A message; null if there is none; this ring itself if the lock is to be taken. */
  @Nullable Object poll() {
    Side side = receiving;
    if (!side.enter()) {
      return this;
    }
    Object message = null;
    long at = side.own();
    if (at >= side.seen) { // beyond it, if the lock's owner took some
      side.seen = sending.position();
    }
    if (at < side.seen) {
      @Nullable Object[] all = slots;
      int slot = (int) at & (all.length - 1);
      message = all[slot];
      all[slot] = null;
      side.advance();
    }
    side.leave();
    return message;
  }

  /** Whether this number was received; false also if it is not known. */
  boolean isReceived(long number) {
    // In this order: a position that is older than its shift makes too small a number.
    long position = receiving.position();
    return position + shift >= number;
  }

  // ---- waiting without parking ----

  /** Whether there may be a message now. */
  boolean spinForMessage() {
    return receiving.until(() -> sending.position() - receiving.position(), capacity / 4);
  }

  /** Whether there may be room now. */
  boolean spinForRoom() {
    return sending.until(() -> capacity + receiving.position() - sending.position(), capacity / 4);
  }

  /** Whether this number was received. */
  boolean spinForReceipt(long number) {
    return sending.until(() -> isReceived(number) ? 1 : 0, 1);
  }

  /** How those who wait to send look. */
  Spin sendingSpin() {
    return sending;
  }

  /** How those who wait to receive look. */
  Spin receivingSpin() {
    return receiving;
  }

  // ---- with the lock ----

  /** Lets nobody pass. */
  void hold() {
    sending.hold();
    receiving.hold();
  }

  /**
   * What makes a position a number, as {@link #open} said; {@link #UNKNOWN} since {@link #close}.
   */
  long shift() {
    return shift;
  }

  /** Positions make no numbers any more. */
  void close() {
    shift = UNKNOWN;
  }

  /** Says what makes a position a number, and lets senders pass, or receivers, or both. */
  void open(long newShift, boolean senders, boolean receivers) {
    shift = newShift;
    if (senders) {
      sending.leave();
    }
    if (receivers) {
      receiving.leave();
    }
  }

  long sent() {
    return sending.own();
  }

  long received() {
    return receiving.own();
  }

  int size() {
    return (int) (sending.own() - receiving.own());
  }

  void add(T message) {
    if (size() == slots.length) {
      grow();
    }
    slots[slot(sending.own())] = message;
    sending.advance();
  }

  private void grow() {
    @Nullable Object[] before = slots;
    slots = new Object[2 * before.length];
    for (long at = receiving.own(); at != sending.own(); at++) {
      slots[slot(at)] = before[(int) at & (before.length - 1)];
    }
  }

  private int slot(long position) {
    return (int) position & (slots.length - 1);
  }

  @SuppressWarnings("unchecked") // what was added
  @Nullable T peek() {
    return size() == 0 ? null : (T) slots[slot(receiving.own())];
  }

  @Nullable T remove() {
    T message = peek();
    if (message != null) {
      slots[slot(receiving.own())] = null;
      receiving.advance();
    }
    return message;
  }
}
