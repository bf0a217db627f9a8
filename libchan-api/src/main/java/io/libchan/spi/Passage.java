package io.libchan.spi;

import org.jspecify.annotations.Nullable;

/**
 * The queue of a {@link MemoryChannel} in steady use: messages pass through it without the
 * channel's lock. Whoever has that lock can hold the passage, for those who send, who receive, or
 * both: then they take the lock instead. So anything out of the ordinary, a waiter to be signalled
 * above all, holds it for those who would have to see to it, and is looked at under the lock only.
 *
 * <p>Positions count all messages that ever went through.
 *
 * <p>Thread-safe; some methods are for who has the lock and holds the passage.
 */
abstract class Passage<T> {
  /** What {@link #offer} says if the lock is to be taken. */
  static final long LOCKED = -1;

  /** What {@link #offer} says if there is no room. */
  static final long FULL = 0;

  /** No {@link #shift}. */
  static final long UNKNOWN = Long.MIN_VALUE / 2;

  private final Spin sendingSpin = new Spin();
  private final Spin receivingSpin = new Spin();
  private volatile long shift = UNKNOWN; // from positions to numbers

  // ---- passing, without the lock ----

  /** The message's number, {@link #FULL} or {@link #LOCKED}. */
  abstract long offer(T message);

  /** A message; null if there is none; this passage itself if the lock is to be taken. */
  abstract @Nullable Object poll();

  /** Whether this number was received; false also if it is not known. */
  final boolean isReceived(long number) {
    // In this order: a position that is older than its shift makes too small a number.
    long position = receivedPosition();
    return position + shift >= number;
  }

  /** As {@link #received}, by anybody. */
  abstract long receivedPosition();

  // ---- waiting without parking ----

  /** A message; null if there may be one now; this passage itself if not. */
  abstract @Nullable Object spinForMessage();

  /** Whether there may be room now. */
  abstract boolean spinForRoom();

  /** Whether this number was received. */
  final boolean spinForReceipt(long number) {
    return isReceived(number) || sendingSpin.until(() -> isReceived(number) ? 1 : 0, 1);
  }

  /** How those who wait to send look. */
  final Spin sendingSpin() {
    return sendingSpin;
  }

  /** How those who wait to receive look. */
  final Spin receivingSpin() {
    return receivingSpin;
  }

  // ---- with the lock ----

  /** Lets nobody pass. */
  abstract void hold();

  /**
   * What makes a position a number, as {@link #open} said; {@link #UNKNOWN} since {@link #close}.
   */
  final long shift() {
    return shift;
  }

  /** Positions make no numbers any more. */
  final void close() {
    shift = UNKNOWN;
  }

  /** Says what makes a position a number, and lets senders pass, or receivers, or both. */
  final void open(long newShift, boolean senders, boolean receivers) {
    shift = newShift;
    open(senders, receivers);
  }

  abstract void open(boolean senders, boolean receivers);

  abstract long sent();

  abstract long received();

  final int size() {
    return (int) (sent() - received());
  }

  /** Adds a message for which there is room. */
  abstract void add(T message);

  abstract @Nullable T peek();

  abstract @Nullable T remove();
}
