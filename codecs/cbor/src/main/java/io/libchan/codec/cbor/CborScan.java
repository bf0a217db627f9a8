package io.libchan.codec.cbor;

import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.ProtocolViolation;
import io.libchan.codec.jackson.Bytes;
import io.libchan.codec.jackson.KeySet;
import io.libchan.spi.Malformed;
import io.libchan.spi.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * Checks the bytes of one message before anything is made of them: exactly one value, every length
 * within the bytes that are there, text in UTF-8, keys that are text and different, no tag but that
 * of attachments, and the limits. Rules COD-1, COD-3 to COD-7, COD-17, COD-20, COD-21.
 *
 * <p>Walks without recursion; memory grows with the bytes seen, never with a length that they
 * claim. Not thread-safe.
 */
final class CborScan {
  private static final int INTEGER = 0;
  private static final int NEGATIVE = 1;
  private static final int BINARY = 2;
  private static final int TEXT = 3;
  private static final int ARRAY = 4;
  private static final int MAP = 5;
  private static final int TAG = 6;
  private static final int BREAK = 0xff;
  private static final long UNTIL_BREAK = -1;

  private final byte[] bytes;
  private final Limits limits;
  private int position;
  private int end;
  private int elements;
  private int depth;
  private Container open = new Container(null, 1, null);

  /** A container whose end was not seen yet. */
  private static final class Container {
    final @Nullable Container outer;
    final @Nullable KeySet keys; // null in an array
    long left; // keys and values still to come; goes below zero where a break ends them
    final boolean untilBreak;
    boolean keyIsNext;

    Container(@Nullable Container outer, long left, @Nullable KeySet keys) {
      this.outer = outer;
      this.left = left;
      this.untilBreak = left == UNTIL_BREAK;
      this.keys = keys;
      this.keyIsNext = keys != null;
    }
  }

  CborScan(byte[] bytes, Limits limits) {
    this.bytes = bytes;
    this.limits = limits;
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
        leave(inside.outer);
        continue;
      }
      int code = next();
      if (code == BREAK) {
        breakOff(inside);
      } else {
        item(inside, code);
      }
    }
    if (position != end) {
      throw Malformed.bytes("bytes after the value");
    }
  }

  private void leave(Container outer) {
    open = outer;
    depth--;
  }

  private void breakOff(Container inside) throws ProtocolViolation {
    if (!inside.untilBreak || inside.outer == null || (inside.keys != null && !inside.keyIsNext)) {
      throw Malformed.bytes("a break where there is nothing to end");
    }
    leave(inside.outer);
  }

  private void item(Container inside, int code) throws ChannelException {
    inside.left--;
    if (inside.untilBreak && (inside.keys == null || inside.keyIsNext)) {
      count(1);
    }
    if (inside.keys == null) {
      value(code);
      return;
    }
    boolean key = inside.keyIsNext;
    inside.keyIsNext = !key;
    if (key) {
      key(code, inside.keys);
    } else {
      value(code);
    }
  }

  private int next() throws ProtocolViolation {
    if (position == end) {
      throw truncated();
    }
    return bytes[position++] & 0xff;
  }

  private void key(int code, KeySet keys) throws ChannelException {
    if (code >> 5 != TEXT || code == 0x7f) {
      throw Malformed.value("COD-17", "a key is not text in one piece");
    }
    int length = length(code);
    text(length);
    if (!keys.add(bytes, position - length, length)) {
      throw Malformed.bytes("a key comes twice");
    }
  }

  private void value(int code) throws ChannelException {
    boolean pieces = (code & 0x1f) == 0x1f;
    switch (code >> 5) {
      case INTEGER, NEGATIVE -> argument(code);
      case BINARY -> {
        if (pieces) {
          pieces(BINARY);
        } else {
          binary(length(code));
        }
      }
      case TEXT -> {
        if (pieces) {
          pieces(TEXT);
        } else {
          text(length(code));
        }
      }
      case ARRAY -> open(pieces ? UNTIL_BREAK : length(code), false);
      case MAP -> open(pieces ? UNTIL_BREAK : length(code), true);
      case TAG -> attachment(argument(code));
      default -> simple(code);
    }
  }

  /** The argument in or behind the first byte; negative if it has all 64 bits. */
  private long argument(int code) throws ProtocolViolation {
    int info = code & 0x1f;
    if (info < 24) {
      return info;
    }
    int start = position;
    return switch (info) {
      case 24 -> {
        skip(1);
        yield Bytes.u8(bytes, start);
      }
      case 25 -> {
        skip(2);
        yield Bytes.u16(bytes, start);
      }
      case 26 -> {
        skip(4);
        yield Bytes.i32(bytes, start) & 0xffffffffL;
      }
      case 27 -> {
        skip(8);
        yield Bytes.i64(bytes, start);
      }
      default -> throw reserved();
    };
  }

  private int length(int code) throws ProtocolViolation {
    long length = argument(code);
    if (length < 0 || length > end - position) {
      throw truncated();
    }
    return (int) length;
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
    if (length > limits.maxStringBytes()) {
      throw Malformed.string(length, limits.maxStringBytes());
    }
  }

  /** A text or byte string in pieces, each of the same kind. */
  private void pieces(int kind) throws ChannelException {
    long total = 0;
    for (int code = next(); code != BREAK; code = next()) {
      if (code >> 5 != kind || (code & 0x1f) == 0x1f) {
        throw Malformed.bytes("a piece of another kind than its string");
      }
      int length = length(code);
      if (kind == TEXT) {
        text(length);
      } else {
        binary(length);
      }
      total += length;
      if (total > limits.maxStringBytes()) {
        throw Malformed.string(total, limits.maxStringBytes());
      }
    }
  }

  private void open(long count, boolean map) throws ChannelException {
    int least = map ? 2 : 1; // bytes of an entry
    if (count > (end - position) / least) {
      throw truncated();
    }
    if (depth == limits.maxDepth()) {
      throw Malformed.depth(limits.maxDepth());
    }
    depth++;
    boolean untilBreak = count == UNTIL_BREAK;
    if (!untilBreak) {
      count((int) count);
    }
    KeySet keys = map ? new KeySet(untilBreak ? 8 : (int) count) : null;
    open = new Container(open, untilBreak ? UNTIL_BREAK : count * least, keys);
  }

  private void count(int more) throws ChannelException {
    if (more > limits.maxElements() - elements) {
      throw Malformed.elements(limits.maxElements());
    }
    elements += more;
  }

  private void attachment(long tag) throws ChannelException {
    if (tag != CborCodec.ATTACHMENT_TAG) {
      throw Malformed.value("COD-20", "a tag that is not known");
    }
    int code = next();
    if (code >> 5 != INTEGER) {
      throw Malformed.bytes("an attachment is not an index");
    }
    long index = argument(code);
    if (index < 0 || index > 0xffff) {
      throw Malformed.bytes("an attachment's index is above 65535");
    }
  }

  /** False, true, null, and numbers with a fraction. */
  private void simple(int code) throws ChannelException {
    switch (code) {
      case 0xf4, 0xf5, 0xf6 -> {}
      case 0xf9 -> skip(2);
      case 0xfa -> skip(4);
      case 0xfb -> skip(8);
      case 0xfc, 0xfd, 0xfe -> throw reserved();
      case 0xf8 -> {
        if (next() < 32) {
          throw reserved();
        }
        throw unknown();
      }
      default -> throw unknown();
    }
  }

  private static ChannelException unknown() {
    return Malformed.value("COD-21", "a simple value that is not known");
  }

  private static ProtocolViolation truncated() {
    return Malformed.bytes("truncated: a length is more than the bytes that are left");
  }

  private static ProtocolViolation reserved() {
    return Malformed.bytes("a reserved code");
  }
}
