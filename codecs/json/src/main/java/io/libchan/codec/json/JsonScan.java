package io.libchan.codec.json;

import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.spi.Malformed;
import io.libchan.spi.Utf8;

/**
 * Checks what Jackson's parser does not, or counts in other units: levels, elements, bytes of each
 * string as they stand between its quotes, and that everything is UTF-8. What it does not
 * understand is left to the parser. Rules COD-3 to COD-6.
 *
 * <p>Walks without recursion and without memory. Not thread-safe.
 */
final class JsonScan {
  private final byte[] bytes;
  private final Limits limits;
  private int elements;
  private boolean opened; // a container whose first element would come now

  JsonScan(byte[] bytes, Limits limits) {
    this.bytes = bytes;
    this.limits = limits;
  }

  void check(int from, int to) throws ChannelException {
    int depth = 0;
    for (int i = from; i < to; i++) {
      switch (bytes[i]) {
        case ' ', '\t', '\n', '\r' -> {}
        case '"' -> {
          first();
          i = string(i + 1, to);
        }
        case '{', '[' -> {
          first();
          if (depth++ == limits.maxDepth()) {
            throw Malformed.depth(limits.maxDepth());
          }
          opened = true;
        }
        case '}', ']' -> {
          opened = false;
          depth--;
        }
        case ',' -> element();
        default -> {
          if (bytes[i] < ' ') { // above 0x7f, too
            throw Malformed.bytes("a byte that is not JSON");
          }
          first();
        }
      }
    }
    if (depth != 0) {
      throw Malformed.bytes("truncated");
    }
  }

  private void first() throws ChannelException {
    if (opened) {
      opened = false;
      element();
    }
  }

  private void element() throws ChannelException {
    if (elements++ == limits.maxElements()) {
      throw Malformed.elements(limits.maxElements());
    }
  }

  /** The position of the closing quote. */
  private int string(int from, int to) throws ChannelException {
    boolean ascii = true;
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      if (b == '"') {
        if (i - from > limits.maxStringBytes()) {
          throw Malformed.string(i - from, limits.maxStringBytes());
        }
        if (!ascii && !Utf8.valid(bytes, from, i)) {
          throw Malformed.bytes("text that is not UTF-8");
        }
        return i;
      }
      if (b == '\\') {
        i++;
      }
      ascii &= b >= 0;
    }
    throw Malformed.bytes("truncated");
  }
}
