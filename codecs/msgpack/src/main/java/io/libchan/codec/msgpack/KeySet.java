package io.libchan.codec.msgpack;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The keys of one map, to tell those that come twice. A hash table of positions, seeded so that a
 * peer can't choose keys that collide. Grows with the keys seen. Not thread-safe.
 */
final class KeySet {
  private static final long SEED = ThreadLocalRandom.current().nextLong() | 1;
  private static final int MOST_AT_FIRST = 64;

  /** Pairs of a key's position plus one and its length; an unused pair is 0. */
  private int[] table;

  private int size;

  /** An empty set that will probably hold so many. */
  KeySet(int expected) {
    int slots = Integer.highestOneBit(Math.min(Math.max(expected, 1), MOST_AT_FIRST)) * 4;
    table = new int[2 * slots];
  }

  /** Whether the key is new. */
  boolean add(byte[] bytes, int from, int length) {
    if (size > table.length / 4) {
      grow(bytes);
    }
    int pair = slot(bytes, from, length);
    for (; table[pair] != 0; pair = (pair + 2) & (table.length - 1)) {
      int other = table[pair] - 1;
      if (table[pair + 1] == length
          && Arrays.equals(bytes, other, other + length, bytes, from, from + length)) {
        return false;
      }
    }
    table[pair] = from + 1;
    table[pair + 1] = length;
    size++;
    return true;
  }

  private void grow(byte[] bytes) {
    int[] old = table;
    table = new int[2 * old.length];
    for (int i = 0; i < old.length; i += 2) {
      if (old[i] != 0) {
        int pair = slot(bytes, old[i] - 1, old[i + 1]);
        while (table[pair] != 0) {
          pair = (pair + 2) & (table.length - 1);
        }
        table[pair] = old[i];
        table[pair + 1] = old[i + 1];
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
    long rest = 0;
    if (at < end && at + 8 <= bytes.length) {
      rest = Bytes.i64(bytes, at) >>> (8 * (8 - (end - at))); // all at once; what follows drops out
    } else {
      for (; at < end; at++) {
        rest = (rest << 8) | (bytes[at] & 0xff);
      }
    }
    hash = mix(hash ^ rest);
    return ((int) (hash >>> 32) << 1) & (table.length - 1);
  }

  private static long mix(long value) {
    long high = Math.multiplyHigh(value, SEED);
    return (value * SEED) ^ high ^ (value >>> 29);
  }
}
