package io.libchan.codec.msgpack;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The field names seen last, as messages repeat them. Holds 128 names of up to 32 bytes, whatever a
 * peer sends. Thread-safe: threads may overwrite each other's entries, which are immutable.
 */
final class NameCache {
  private static final int MAX_NAME_BYTES = 32;
  private static final int SLOTS = 128;

  private final @Nullable Entry[] slots = new @Nullable Entry[SLOTS];

  private static final class Entry {
    final byte[] bytes;
    final String name;

    Entry(byte[] bytes, String name) {
      this.bytes = bytes;
      this.name = name;
    }
  }

  String name(byte[] bytes, int from, int length) {
    if (length > MAX_NAME_BYTES) {
      return new String(bytes, from, length, StandardCharsets.UTF_8);
    }
    int hash = length;
    for (int i = from; i < from + length; i++) {
      hash = 31 * hash + bytes[i];
    }
    int slot = (hash ^ (hash >>> 7)) & (SLOTS - 1);
    Entry entry = slots[slot];
    if (entry == null
        || !Arrays.equals(entry.bytes, 0, entry.bytes.length, bytes, from, from + length)) {
      byte[] copy = Arrays.copyOfRange(bytes, from, from + length);
      entry = new Entry(copy, new String(copy, StandardCharsets.UTF_8));
      slots[slot] = entry;
    }
    return entry.name;
  }
}
