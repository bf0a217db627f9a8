package io.libchan.spi;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A passage with room: one sender and one receiver at a time pass through it side by side, each on
 * a {@link Side} of its own. The position of a side is changed by who has entered or holds it, the
 * slots by who has both.
 *
 * <p>Thread-safe, as its parent says.
 */
final class Ring<T> extends Passage<T> {
  private static final int FIRST_SLOTS = 4;

  private final Side sending = new Side();
  private final Side receiving = new Side();
  private final int capacity;
  private @Nullable Object[] slots;

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

  @Override
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
    long number = at + 1 + shift();
    side.leave();
    return number;
  }

  @Override
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

  @Override
  long receivedPosition() {
    return receiving.position();
  }

  @Override
  @Nullable Object spinForMessage() {
    boolean found =
        receivingSpin().until(() -> sending.position() - receiving.position(), capacity / 4);
    return found ? null : this;
  }

  @Override
  boolean spinForRoom() {
    return sendingSpin()
        .until(() -> capacity + receiving.position() - sending.position(), capacity / 4);
  }

  @Override
  void hold() {
    sending.hold();
    receiving.hold();
  }

  @Override
  void open(boolean senders, boolean receivers) {
    if (senders) {
      sending.leave();
    }
    if (receivers) {
      receiving.leave();
    }
  }

  @Override
  long sent() {
    return sending.own();
  }

  @Override
  long received() {
    return receiving.own();
  }

  @Override
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

  @Override
  @SuppressWarnings("unchecked") // what was added
  @Nullable T peek() {
    return size() == 0 ? null : (T) slots[slot(receiving.own())];
  }

  @Override
  @Nullable T remove() {
    T message = peek();
    if (message != null) {
      slots[slot(receiving.own())] = null;
      receiving.advance();
    }
    return message;
  }
}
