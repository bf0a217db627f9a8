package io.libchan.spi;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The queue of a {@link MemoryChannel}, those who wait for it, and the lock of both. After some
 * messages it is a {@link Ring}, which most of what follows passes without the lock.
 *
 * <p>Thread-safe; all but the ring is guarded by the lock: for use between {@link #enter} and
 * {@link #exit}, which don't nest.
 */
abstract class MemoryQueue<T> {
  /** So many messages go through the lock before a ring pays. */
  private static final int FEW = 64;

  final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable ArrayDeque<T> few; // the queue, until there is a ring
  private volatile @Nullable Ring<T> ring;

  // Whoever is in one of these holds a side of the ring: who passed could not signal them.
  final WaitList receivers = new WaitList();
  final WaitList senders = new WaitList();
  final WaitList receipts = new WaitList();
  long sent; // these two stand still while messages pass through the ring
  long received; // withdrawn ones count too: the number is spent

  MemoryQueue(int capacity) {
    this.capacity = capacity;
  }

  /** The ring that may be passed without the lock, if there is one. */
  final @Nullable Ring<T> ring() {
    return ring;
  }

  /** Whether there is nothing to do with a message but to put it in and to take it out. */
  abstract boolean isOrdinary();

  /** Takes the lock, and holds the ring: nobody passes there meanwhile. */
  final void enter() {
    lock.lock();
    Ring<T> held = ring;
    if (held != null) {
      held.hold();
      long shift = held.shift();
      if (shift != Ring.UNKNOWN) {
        sent = held.sent() + shift;
        received = held.received() + shift;
        held.close();
      }
    }
  }

  /** Gives the lock back. Who has nothing unusual to see to may pass through the ring again. */
  final void exit() {
    Ring<T> held = ring;
    if (held != null && isOrdinary() && sent - received == held.size()) {
      boolean nobodyWaits = senders.isEmpty() && receipts.isEmpty();
      held.open(sent - held.sent(), receivers.isEmpty(), nobodyWaits);
    }
    lock.unlock();
  }

  final int size() {
    Ring<T> held = ring;
    return held != null ? held.size() : few == null ? 0 : few.size();
  }

  final void add(T message) {
    Ring<T> held = ring;
    if (held == null && sent >= FEW) {
      held = new Ring<>(places(), few == null ? List.of() : few);
      ring = held;
      few = null;
    }
    if (held != null) {
      held.add(message);
    } else {
      if (few == null) {
        few = new ArrayDeque<>(2);
      }
      few.add(message);
    }
  }

  final @Nullable T peek() {
    Ring<T> held = ring;
    return held != null ? held.peek() : few == null ? null : few.peek();
  }

  final @Nullable T remove() {
    Ring<T> held = ring;
    return held != null ? held.remove() : few == null ? null : few.poll();
  }

  final @Nullable Waiter takeReceiver() {
    Waiter first = receivers.take();
    Ring<T> held = ring;
    if (first != null && held != null) {
      held.receivingSpin().signals();
    }
    return first;
  }

  final @Nullable Waiter takeSender() {
    return signalsSender(senders.take());
  }

  final @Nullable Waiter takeReceipts() {
    return signalsSender(receipts.takeAll());
  }

  private @Nullable Waiter signalsSender(@Nullable Waiter waiter) {
    Ring<T> held = ring;
    if (waiter != null && held != null) {
      held.sendingSpin().signals();
    }
    return waiter;
  }

  final void parksToReceive() {
    Ring<T> held = ring;
    if (held != null) {
      held.receivingSpin().parks();
    }
  }

  final void parksToSend() {
    Ring<T> held = ring;
    if (held != null) {
      held.sendingSpin().parks();
    }
  }

  /** How many messages may be on their way. */
  final int places() {
    return Math.max(1, capacity);
  }
}
