package io.libchan.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages that wait at a receiving port, in order. Each knows the one behind it, so that an
 * empty inbox, as most are, has no array.
 *
 * <p>Guarded by the port's lock, or the reader's own.
 */
final class Inbox {
  private @Nullable Incoming first;
  private @Nullable Incoming last;
  private int size;

  boolean isEmpty() {
    return first == null;
  }

  int size() {
    return size;
  }

  void add(Incoming message) {
    if (last == null) {
      first = message;
    } else {
      last.next = message;
    }
    last = message;
    size++;
  }

  /** Adds all of another inbox, which nobody uses any more, in one step. */
  void addAll(Inbox other) {
    if (last == null) {
      first = other.first;
    } else {
      last.next = other.first;
    }
    last = other.last == null ? last : other.last;
    size += other.size;
  }

  /** The message that came first; null if there is none. */
  @Nullable Incoming first() {
    return first;
  }

  /** Removes {@link #first}, which there is. */
  void removeFirst() {
    Incoming message = first;
    if (message != null) {
      first = message.next;
      last = first == null ? null : last;
      message.next = null;
      size--;
    }
  }

  /** Removes the message that came last, of a rendezvous: few can be there; null for none. */
  @Nullable Incoming removeLast() {
    Incoming before = null;
    for (Incoming one = first; one != null && one != last; one = one.next) {
      before = one;
    }
    Incoming removed = last;
    if (removed == null) {
      return null;
    }
    if (before == null) {
      first = null;
    } else {
      before.next = null;
    }
    last = before;
    size--;
    return removed;
  }

  /** Removes all. */
  List<Incoming> takeAll() {
    List<Incoming> all = new ArrayList<>(size);
    for (Incoming one = first; one != null; one = first) {
      all.add(one);
      removeFirst();
    }
    return all;
  }
}
