package io.libchan.spi;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The waiters of one port, first come first served. Guarded by the port's lock; what it gives out
 * is to be signalled after unlocking.
 *
 * <p>Idle channels are many, and nobody waits at most of what they have: a list may be null until
 * {@link #add(WaitList, Waiter)} makes it, and each question is asked of such a list by a static
 * method.
 *
 * <p>Not thread-safe.
 */
@SuppressWarnings("AmbiguousMethodReference") // called, not referred to; both forms do the same
public final class WaitList {
  // One waiter is by far the most common, and idle channels are many.
  private @Nullable Waiter single;
  private @Nullable ArrayDeque<Waiter> more;

  /** An empty list. */
  public WaitList() {}

  /** Adds a waiter at the end. */
  public void add(Waiter waiter) {
    if (single == null && more == null) {
      single = waiter;
    } else {
      if (more == null) {
        more = new ArrayDeque<>();
      }
      more.add(waiter);
    }
  }

  /** Removes a waiter; whether it was there, and so was not signalled. */
  public boolean remove(Waiter waiter) {
    if (single == waiter) {
      single = null;
      refill();
      return true;
    }
    return more != null && more.remove(waiter);
  }

  /** Takes the waiter that came first; null if there is none. */
  public @Nullable Waiter take() {
    Waiter first = single;
    single = null;
    refill();
    return first;
  }

  /** Takes everybody, as one waiter that signals them all; null if there is none. */
  public @Nullable Waiter takeAll() {
    Waiter first = single;
    ArrayDeque<Waiter> rest = more;
    single = null;
    more = null;
    if (rest == null || first == null) {
      return first;
    }
    return () -> {
      first.signal();
      rest.forEach(Waiter::signal);
    };
  }

  /** Whether nobody waits. */
  public boolean isEmpty() {
    return single == null;
  }

  /** As {@link #add(Waiter)}; the list to keep, which is made if there is none. */
  public static WaitList add(@Nullable WaitList list, Waiter waiter) {
    WaitList kept = list == null ? new WaitList() : list;
    kept.add(waiter);
    return kept;
  }

  /** As {@link #remove(Waiter)}, of a list that may be null. */
  public static boolean remove(@Nullable WaitList list, Waiter waiter) {
    return list != null && list.remove(waiter);
  }

  /** As {@link #take()}, of a list that may be null. */
  public static @Nullable Waiter take(@Nullable WaitList list) {
    return list == null ? null : list.take();
  }

  /** As {@link #takeAll()}, of a list that may be null. */
  public static @Nullable Waiter takeAll(@Nullable WaitList list) {
    return list == null ? null : list.takeAll();
  }

  /** As {@link #isEmpty()}, of a list that may be null. */
  public static boolean isEmpty(@Nullable WaitList list) {
    return list == null || list.isEmpty();
  }

  /** Signals a waiter that may be null; to be called without locks. */
  public static void signal(@Nullable Waiter waiter) {
    if (waiter != null) {
      waiter.signal();
    }
  }

  private void refill() {
    if (more != null) {
      single = more.poll();
      if (more.isEmpty()) {
        more = null;
      }
    }
  }
}
