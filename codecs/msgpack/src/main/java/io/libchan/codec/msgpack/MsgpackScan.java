package io.libchan.codec.msgpack;

import io.libchan.ChannelException;
import io.libchan.ProtocolViolation;
import io.libchan.codec.jackson.Bytes;
import io.libchan.codec.jackson.KeySet;
import io.libchan.spi.Malformed;
import io.libchan.spi.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * Checks the bytes of one message before anything is made of them: exactly one value, every length
 * within the bytes that are there, text in UTF-8, keys that are text and different, and the limits.
 * What follows may trust the bytes. Rules COD-1, COD-3 to COD-8, COD-17.
 *
 * <p>Walks without recursion; memory grows with the bytes seen, never with a length that they
 * claim. Not thread-safe.
 */
final class MsgpackScan {
  private final byte[] bytes;
  private final Extensions extensions;
  private final int maxDepth;
  private final int maxElements;
  private final int maxStringBytes;

  private int position;
  private int end;
  private int elements;

  private int depth;
  private Container open = new Container(null, 1, null);

  /** A container whose end was not seen yet. */
  private static final class Container {
    final @Nullable Container outer;
    final @Nullable KeySet keys; // null in an array
    int left; // keys and values still to come

    Container(@Nullable Container outer, int left, @Nullable KeySet keys) {
      this.outer = outer;
      this.left = left;
      this.keys = keys;
    }
  }

  MsgpackScan(byte[] bytes, int maxDepth, int maxElements, int maxStringBytes) {
    this(bytes, maxDepth, maxElements, maxStringBytes, Extensions.WIRE_1);
  }

  MsgpackScan(
      byte[] bytes, int maxDepth, int maxElements, int maxStringBytes, Extensions extensions) {
    this.bytes = bytes;
    this.extensions = extensions;
    this.maxDepth = maxDepth;
    this.maxElements = maxElements;
    this.maxStringBytes = maxStringBytes;
  }

  void check(int from, int to) throws ChannelException {
    position = from;
    end = to;
    while (true) {
      Container inside = open;
      if (inside.left == 0) {
        if (inside.outer == null) {
          break;
        }
        open = inside.outer;
        depth--;
        continue;
      }
      KeySet keys = (inside.left & 1) == 0 ? inside.keys : null;
      inside.left--;
      if (position == end) {
        throw truncated();
      }
      int code = bytes[position++];
      if (keys != null) {
        key(code, keys);
      } else if (code < -32 || code >= 0x80) {
        value(code & 0xff);
      }
    }
    if (position != end) {
      throw Malformed.bytes("bytes after the value");
    }
  }

  private void key(int code, KeySet keys) throws ChannelException {
    int length =
        switch (code & 0xff) {
          case 0xd9 -> length(1);
          case 0xda -> length(2);
          case 0xdb -> length(4);
          case 0xc1 -> throw reserved();
          default -> {
            if ((code & 0xe0) != 0xa0) {
              throw Malformed.value("COD-17", "a key is not text");
            }
            yield code & 0x1f;
          }
        };
    int start = position;
    text(length);
    if (!keys.add(bytes, start, length)) {
      throw Malformed.bytes("a key comes twice");
    }
  }

  /** A value that is more than one byte, or a container. */
  private void value(int code) throws ChannelException {
    if (code < 0x90) {
      open(code & 0x0f, true);
    } else if (code < 0xa0) {
      open(code & 0x0f, false);
    } else if (code < 0xc0) {
      text(code & 0x1f);
    } else {
      switch (code) {
        case 0xc0, 0xc2, 0xc3 -> {}
        case 0xc4 -> binary(length(1));
        case 0xc5 -> binary(length(2));
        case 0xc6 -> binary(length(4));
        case 0xc7 -> extension(length(1));
        case 0xc8 -> extension(length(2));
        case 0xc9 -> extension(length(4));
        case 0xcc, 0xd0 -> skip(1);
        case 0xcd, 0xd1 -> skip(2);
        case 0xca, 0xce, 0xd2 -> skip(4);
        case 0xcb, 0xcf, 0xd3 -> skip(8);
        case 0xd4 -> extension(1);
        case 0xd5 -> extension(2);
        case 0xd6 -> extension(4);
        case 0xd7 -> extension(8);
        case 0xd8 -> extension(16);
        case 0xd9 -> text(length(1));
        case 0xda -> text(length(2));
        case 0xdb -> text(length(4));
        case 0xdc -> open(length(2), false);
        case 0xdd -> open(length(4), false);
        case 0xde -> open(length(2), true);
        case 0xdf -> open(length(4), true);
        default -> throw reserved();
      }
    }
  }

  /** Reads a length of so many bytes; one above 2^31-1 is more than there can be. */
  private int length(int size) throws ProtocolViolation {
    int start = position;
    skip(size);
    int length =
        switch (size) {
          case 1 -> Bytes.u8(bytes, start);
          case 2 -> Bytes.u16(bytes, start);
          default -> Bytes.i32(bytes, start);
        };
    if (length < 0) {
      throw truncated();
    }
    return length;
  }

  private void skip(int count) throws ProtocolViolation {
    if (count > end - position) {
      throw truncated();
    }
    position += count;
  }

  private void text(int length) throws ChannelException {
    binary(length);
    if (!Utf8.valid(bytes, position - length, position)) {
      throw Malformed.bytes("text that is not UTF-8");
    }
  }

  private void binary(int length) throws ChannelException {
    skip(length);
    if (length > maxStringBytes) {
      throw Malformed.string(length, maxStringBytes);
    }
  }

  private void extension(int length) throws ChannelException {
    skip(1);
    int type = bytes[position - 1];
    binary(length);
    extensions.check(type, length);
  }

  private void open(int count, boolean map) throws ChannelException {
    int least = map ? 2 : 1; // bytes of an entry
    if (count > (end - position) / least) {
      throw truncated();
    }
    if (depth == maxDepth) {
      throw Malformed.depth(maxDepth);
    }
    if (count > maxElements - elements) {
      throw Malformed.elements(maxElements);
    }
    elements += count;
    depth++;
    open = new Container(open, count * least, map ? new KeySet(count) : null);
  }

  private static ProtocolViolation truncated() {
    return Malformed.bytes("truncated: a length is more than the bytes that are left");
  }

  private static ProtocolViolation reserved() {
    return Malformed.bytes("the reserved code 0xc1");
  }
}
