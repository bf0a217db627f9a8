package io.libchan.codec.msgpack;

import io.libchan.codec.jackson.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The field names seen last, as messages repeat them: 128 names of up to 32 bytes, whatever a peer
 * sends. Each name remembers which one followed it, as messages of one type have their fields in
 * one order, and is then found without a hash.
 *
 * <p>Thread-safe: threads may overwrite each other's entries, of which all but the hint is final.
 */
final class NameCache {
  private static final int MAX_NAME_BYTES = 32;
  private static final int SLOTS = 128;

  private final @Nullable Name[] slots = new @Nullable Name[SLOTS];
  private final Name start = new Name(new byte[0], 0);

  /** A field name. */
  static final class Name {
    private final byte[] bytes;
    private final long head;
    private final String text;
    private final int slot;
    private int next; // the slot of the one that followed: a hint; a race costs a look-up

    private Name(byte[] bytes, int slot) {
      this.bytes = bytes;
      this.slot = slot;
      head = head(bytes, 0, bytes.length);
      text = new String(bytes, StandardCharsets.UTF_8);
    }

    String text() {
      return text;
    }

    private boolean is(byte[] other, int from, int length) {
      return bytes.length == length
          && head == head(other, from, length)
          && (length <= 8 || Arrays.equals(bytes, 8, length, other, from + 8, from + length));
    }
  }

  /** What comes before the first name of a message. */
  Name start() {
    return start;
  }

  /** The name in these bytes, which follows another one. */
  Name name(Name previous, byte[] bytes, int from, int length) {
    Name expected = slots[previous.next];
    if (expected != null && expected.is(bytes, from, length)) {
      return expected;
    }
    if (length > MAX_NAME_BYTES) {
      return new Name(Arrays.copyOfRange(bytes, from, from + length), 0);
    }
    Name found = find(bytes, from, length);
    previous.next = found.slot;
    return found;
  }

  private Name find(byte[] bytes, int from, int length) {
    int hash = length;
    for (int i = from; i < from + length; i++) {
      hash = 31 * hash + bytes[i];
    }
    int slot = (hash ^ (hash >>> 7)) & (SLOTS - 1);
    Name name = slots[slot];
    if (name == null || !name.is(bytes, from, length)) {
      name = new Name(Arrays.copyOfRange(bytes, from, from + length), slot);
      slots[slot] = name;
    }
    return name;
  }

  /** The first eight bytes of a name, or all of a shorter one. */
  private static long head(byte[] bytes, int from, int length) {
    return Bytes.upTo8(bytes, from, Math.min(length, 8));
  }
}
