package io.libchan.spi;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The queue of a {@link MemoryChannel}, those who wait for it, and the lock of both. After some
 * messages it is a {@link Passage}, through which most of what follows passes without the lock.
 *
 * <p>Thread-safe; all but the passage is guarded by the lock: for use between {@link #enter} and
 * {@link #exit}, which don't nest.
 */
abstract class MemoryQueue<T> {
  /** So many messages go through the lock before a passage pays. */
  private static final int FEW = 64;

  final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable ArrayDeque<T> few; // the queue, until there is a passage
  private volatile @Nullable Passage<T> passage;

  // Whoever is in one of these holds the passage for a side: who passed could not signal them.
  final WaitList receivers = new WaitList();
  final WaitList senders = new WaitList();
  final WaitList receipts = new WaitList();
  long sent; // these two stand still while messages pass
  long received; // withdrawn ones count too: the number is spent

  MemoryQueue(int capacity) {
    this.capacity = capacity;
  }

  /** What may be passed without the lock, if there is one. */
  final @Nullable Passage<T> passage() {
    return passage;
  }

  /** Whether there is nothing to do with a message but to put it in and to take it out. */
  abstract boolean isOrdinary();

  /** Takes the lock, and holds the passage: nobody passes there meanwhile. */
  final void enter() {
    lock.lock();
    Passage<T> held = passage;
    if (held != null) {
      held.hold();
      long shift = held.shift();
      if (shift != Passage.UNKNOWN) {
        sent = held.sent() + shift;
        received = held.received() + shift;
        held.close();
      }
    }
  }

  /** Gives the lock back. Who has nothing unusual to see to may pass again. */
  final void exit() {
    Passage<T> held = passage;
    if (held != null && isOrdinary() && sent - received == held.size()) {
      boolean nobodyWaits = senders.isEmpty() && receipts.isEmpty();
      held.open(sent - held.sent(), receivers.isEmpty(), nobodyWaits);
    }
    lock.unlock();
  }

  final int size() {
    Passage<T> held = passage;
    return held != null ? held.size() : few == null ? 0 : few.size();
  }

  final void add(T message) {
    Passage<T> held = passage;
    if (held == null && sent >= FEW) {
      held = newPassage(few == null ? List.of() : few);
      passage = held;
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

  private Passage<T> newPassage(Collection<T> queued) {
    return capacity == 0 ? new Meeting<>(queued) : new Ring<>(capacity, queued);
  }

  final @Nullable T peek() {
    Passage<T> held = passage;
    return held != null ? held.peek() : few == null ? null : few.peek();
  }

  final @Nullable T remove() {
    Passage<T> held = passage;
    return held != null ? held.remove() : few == null ? null : few.poll();
  }

  final @Nullable Waiter takeReceiver() {
    Waiter first = receivers.take();
    Passage<T> held = passage;
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
    Passage<T> held = passage;
    if (waiter != null && held != null) {
      held.sendingSpin().signals();
    }
    return waiter;
  }

  final void parksToReceive() {
    Passage<T> held = passage;
    if (held != null) {
      held.receivingSpin().parks();
    }
  }

  final void parksToSend() {
    Passage<T> held = passage;
    if (held != null) {
      held.sendingSpin().parks();
    }
  }

  /** How many messages may be on their way. */
  final int places() {
    return Math.max(1, capacity);
  }
}
