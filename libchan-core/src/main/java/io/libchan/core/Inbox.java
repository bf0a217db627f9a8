package io.libchan.core;

import org.jspecify.annotations.Nullable;

/** Messages in the order in which they arrived; each is in one inbox at most. Not thread-safe. */
final class Inbox {
  private @Nullable Incoming first;
  private @Nullable Incoming last;
  private int count;

  boolean isEmpty() {
    return first == null;
  }

  int size() {
    return count;
  }

  @Nullable Incoming peek() {
    return first;
  }

  void add(Incoming message) {
    if (last == null) {
      first = message;
    } else {
      last.next = message;
    }
    last = message;
    count++;
  }

  /** Takes the first one, which the caller has looked at. */
  void take(Incoming head) {
    first = head.next;
    head.next = null; // else old messages would keep young ones alive
    count--;
    if (first == null) {
      last = null;
    }
  }

  /** Takes all of another inbox, in one step. */
  void addAll(Inbox other) {
    if (last == null) {
      first = other.first;
    } else {
      last.next = other.first;
    }
    last = other.last == null ? last : other.last;
    count += other.count;
    other.clear();
  }

  void clear() {
    first = null;
    last = null;
    count = 0;
  }
}
