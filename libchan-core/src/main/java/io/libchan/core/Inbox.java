package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.spi.Codec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages that wait at a receiving port, in order. Each entry knows the one behind it, so that
 * an empty inbox, as most are, has no array.
 *
 * <p>Guarded by the port's lock, or the reader's own.
 */
final class Inbox {
  private @Nullable Entry first;
  private @Nullable Entry last;
  private int size;

  /**
   * One message, or several in a row. What is asked is about the first of them. Guarded as the
   * inbox, but for {@link #decode}.
   */
  abstract static class Entry {
    private @Nullable Entry next;

    /** How many there are. */
    abstract int count();

    /** Whether it may be received. */
    abstract boolean isComplete();

    /** The bytes of memory that its frame takes while nobody received it. */
    abstract int size();

    /** The bytes to credit when it is taken. */
    abstract int credit();

    /** The array that the codec's bytes are in; nobody changes it. */
    abstract byte[] array();

    /** Where they begin. */
    abstract int offset();

    /** How many they are. */
    abstract int bytes();

    /** Decodes what was the first when these three were asked. By whoever took it, once. */
    abstract Object decode(
        CoreSession session, Codec.Format format, byte[] array, int offset, int bytes)
        throws ChannelException;

    /** It, as a message of its own. */
    abstract Incoming alone();

    /** Goes on to the next of several. */
    void advance() {}
  }

  boolean isEmpty() {
    return first == null;
  }

  /** How many messages there are. */
  int size() {
    return size;
  }

  void add(Entry entry) {
    if (last == null) {
      first = entry;
    } else {
      last.next = entry;
    }
    last = entry;
    size += entry.count();
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

  /** What has the message that came first; null if there is none. */
  @Nullable Entry first() {
    return first;
  }

  /** Removes the first message, which there is. */
  void removeFirst() {
    Entry entry = first;
    if (entry == null) {
      return;
    }
    size--;
    if (entry.count() > 1) {
      entry.advance();
      return;
    }
    first = entry.next;
    last = first == null ? null : last;
    entry.next = null;
  }

  /** Removes the message that came last, of a rendezvous: few can be there; null for none. */
  @Nullable Incoming removeLast() {
    Entry before = null;
    for (Entry one = first; one != null && one != last; one = one.next) {
      before = one;
    }
    Entry removed = last;
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
    return removed.alone();
  }

  /** Removes all. */
  List<Incoming> takeAll() {
    List<Incoming> all = new ArrayList<>(size);
    for (Entry one = first; one != null; one = first) {
      all.add(one.alone());
      removeFirst();
    }
    return all;
  }
}
