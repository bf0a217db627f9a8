package io.libchan.core.table;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Values by the number that each has. A reference for each is all that it keeps: no nodes, and no
 * boxes for the numbers. Open addressing with linear probing; at most two thirds of the slots are
 * taken, and removal moves what follows up, so that nothing is left behind.
 *
 * <p>Not thread-safe.
 *
 * @param <V> the type of the values
 */
public final class Table<V extends Table.Keyed> {
  /** Peers choose some of the numbers, but can't know which ones meet in one slot. */
  private static final long MULTIPLIER = new SplittableRandom().nextLong() | 1;

  private static final int FIRST_SLOTS = 8; // a power of two

  private @Nullable Keyed[] slots = new @Nullable Keyed[FIRST_SLOTS];
  private int size;

  /** A value that has a number. */
  public interface Keyed {
    /** The number; it never changes while the value is in a table. */
    long key();
  }

  /** An empty table. */
  public Table() {}

  /** How many values there are. */
  public int size() {
    return size;
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return size == 0;
  }

  /** The value with this number; null if there is none. */
  @SuppressWarnings("unchecked") // only values were put in
  public @Nullable V get(long key) {
    return (V) slots[slot(key)];
  }

  /** Adds a value in place of the one with its number; that one, or null if there was none. */
  public @Nullable V put(V value) {
    V before = replace(value);
    if (before == null) {
      added(value);
    }
    return before;
  }

  /** Adds a value if there is none with its number; the one that there is, or null. */
  public @Nullable V putIfAbsent(V value) {
    V before = get(value.key());
    if (before == null) {
      added(value);
    }
    return before;
  }

  @SuppressWarnings("unchecked") // as get
  private @Nullable V replace(V value) {
    int slot = slot(value.key());
    V before = (V) slots[slot];
    if (before != null) {
      slots[slot] = value;
    }
    return before;
  }

  private void added(V value) {
    if (3 * (size + 1) > 2 * slots.length) {
      grow();
    }
    slots[slot(value.key())] = value;
    size++;
  }

  private void grow() {
    @Nullable Keyed[] old = slots;
    slots = new @Nullable Keyed[2 * old.length];
    for (Keyed value : old) {
      if (value != null) {
        slots[slot(value.key())] = value;
      }
    }
  }

  /** Removes the value with this number; that value, or null if there was none. */
  @SuppressWarnings("unchecked") // as get
  public @Nullable V remove(long key) {
    int slot = slot(key);
    V removed = (V) slots[slot];
    if (removed != null) {
      size--;
      close(slot);
    }
    return removed;
  }

  /** Removes this very value; whether it was there. */
  public boolean remove(V value) {
    int slot = slot(value.key());
    if (slots[slot] != value) {
      return false;
    }
    size--;
    close(slot);
    return true;
  }

  /** Empties a slot: what was put behind it because it was taken moves up. */
  private void close(int slot) {
    int mask = slots.length - 1;
    int gap = slot;
    slots[gap] = null;
    for (int next = (gap + 1) & mask; ; next = (next + 1) & mask) {
      Keyed value = slots[next];
      if (value == null) {
        return;
      }
      int way = (next - home(value.key())) & mask; // from where it belongs to where it is
      if (way >= ((next - gap) & mask)) {
        slots[gap] = value;
        slots[next] = null;
        gap = next;
      }
    }
  }

  /** All values, as they are now, in the order of their numbers: the same in every process. */
  @SuppressWarnings("unchecked") // as get
  public List<V> values() {
    List<V> all = new ArrayList<>(size);
    for (Keyed value : slots) {
      if (value != null) {
        all.add((V) value);
      }
    }
    all.sort(Comparator.comparingLong(Keyed::key));
    return all;
  }

  /** Removes everything. */
  public void clear() {
    slots = new @Nullable Keyed[FIRST_SLOTS];
    size = 0;
  }

  /** Where the number is, or the empty slot where it would be put. */
  private int slot(long key) {
    int mask = slots.length - 1;
    int slot = home(key);
    for (Keyed value = slots[slot]; value != null && value.key() != key; value = slots[slot]) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private int home(long key) {
    long mixed = (key ^ (key >>> 32)) * MULTIPLIER;
    return (int) (((mixed ^ (mixed >>> 32)) * MULTIPLIER) >>> 32) & (slots.length - 1);
  }
}
