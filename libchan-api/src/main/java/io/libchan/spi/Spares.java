package io.libchan.spi;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A few objects to be used again, without a thread-local for each thread. What does not fit is left
 * to the collector.
 *
 * <p>Thread-safe. An object is its taker's own until it is given back.
 *
 * @param <T> the kind of object
 */
public final class Spares<T> {
  private static final int APART = 17; // slots: neighbours begin in different cache lines

  private final AtomicReferenceArray<T> slots;
  private final int mask;

  /**
   * Nothing is there yet.
   *
   * @param most how many are kept, a power of two
   */
  public Spares(int most) {
    if (Integer.bitCount(most) != 1) {
      throw new IllegalArgumentException(most + " is not a power of two");
    }
    slots = new AtomicReferenceArray<>(most);
    mask = most - 1;
  }

  /** An object that was given back; null if there is none. */
  public @Nullable T take() {
    int first = first();
    for (int i = 0; i <= mask; i++) {
      int slot = (first + i) & mask;
      T found = slots.getPlain(slot) == null ? null : slots.getAndSet(slot, null);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** Gives an object back, in a state fit for the next taker. */
  public void give(T object) {
    int first = first();
    for (int i = 0; i <= mask; i++) {
      int slot = (first + i) & mask;
      if (slots.getPlain(slot) == null) {
        slots.setRelease(slot, object); // over another thread's at worst, which then is not kept
        return;
      }
    }
  }

  /** Where this thread looks first, so that most find what they gave back themselves. */
  private int first() {
    return (int) (Thread.currentThread().getId() * APART) & mask;
  }
}
