package io.libchan.codec.jackson;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The keys of one map, to tell those that come twice. A few keys are a list; more of them a hash
 * table of positions, seeded so that a peer can't choose keys that collide. Grows with the keys
 * seen.
 *
 * <p>Not thread-safe.
 */
public final class KeySet {
  private static final long SEED = ThreadLocalRandom.current().nextLong() | 1;
  private static final int MOST_IN_LIST = 8;

  /** Pairs of a key's position plus one and its length; an unused pair of the table is 0. */
  private int[] pairs;

  private int size;
  private boolean hashed;

  /** An empty set that will probably hold so many. */
  public KeySet(int expected) {
    pairs = new int[2 * Math.min(Math.max(expected, 1), MOST_IN_LIST)];
  }

  /** Adds a key, which is these bytes of the message; tells whether it is new. */
  public boolean add(byte[] bytes, int from, int length) {
    return hashed ? addToTable(bytes, from, length) : addToList(bytes, from, length);
  }

  private boolean addToList(byte[] bytes, int from, int length) {
    for (int i = 0; i < 2 * size; i += 2) {
      if (isSame(bytes, i, from, length)) {
        return false;
      }
    }
    if (2 * size == pairs.length) {
      rehash(bytes, 8 * pairs.length);
      return addToTable(bytes, from, length);
    }
    pairs[2 * size] = from + 1;
    pairs[2 * size + 1] = length;
    size++;
    return true;
  }

  private boolean isSame(byte[] bytes, int pair, int from, int length) {
    int other = pairs[pair] - 1;
    return pairs[pair + 1] == length
        && (length == 0
            || (bytes[other] == bytes[from]
                && Arrays.equals(bytes, other, other + length, bytes, from, from + length)));
  }

  private boolean addToTable(byte[] bytes, int from, int length) {
    if (size > pairs.length / 4) {
      rehash(bytes, 2 * pairs.length);
    }
    int pair = slot(bytes, from, length);
    for (; pairs[pair] != 0; pair = (pair + 2) & (pairs.length - 1)) {
      if (isSame(bytes, pair, from, length)) {
        return false;
      }
    }
    pairs[pair] = from + 1;
    pairs[pair + 1] = length;
    size++;
    return true;
  }

  private void rehash(byte[] bytes, int least) {
    int[] old = pairs;
    pairs = new int[Integer.highestOneBit(least - 1) * 2];
    hashed = true;
    for (int i = 0; i < old.length; i += 2) {
      if (old[i] != 0) {
        int pair = slot(bytes, old[i] - 1, old[i + 1]);
        while (pairs[pair] != 0) {
          pair = (pair + 2) & (pairs.length - 1);
        }
        pairs[pair] = old[i];
        pairs[pair + 1] = old[i + 1];
      }
    }
  }

  /** The index of the pair where the search for a key begins. */
  private int slot(byte[] bytes, int from, int length) {
    long hash = SEED ^ length;
    int at = from;
    int end = from + length;
    for (; at + 8 <= end; at += 8) {
      hash = mix(hash ^ Bytes.i64(bytes, at));
    }
    hash = mix(hash ^ Bytes.upTo8(bytes, at, end - at));
    return ((int) (hash >>> 32) << 1) & (pairs.length - 1);
  }

  private static long mix(long value) {
    long high = Math.multiplyHigh(value, SEED);
    return (value * SEED) ^ high ^ (value >>> 29);
  }
}
