package io.libchan.core.reference;

import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.ProtocolViolation;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.ReferenceCodec.Code;
import io.libchan.spi.ReferenceDialect;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;

/**
 * Finds where messages end in a row of msgpack values, however they are cut into pieces, and which
 * streams they name. Memory grows with the bytes that came, never with a length that they claim.
 * Rules SPDY-10, SPDY-14.
 *
 * <p>Not thread-safe.
 */
final class Cutter {
  private static final int FIRST_BYTES = 256;

  private final Limits limits;
  private final ReferenceDialect dialect;

  private byte[] bytes = new byte[FIRST_BYTES];
  private int length; // of what is kept
  private int position; // up to where it was looked at
  private long[] left = new long[8]; // values still to come, of each open container
  private int depth;
  private List<Named> named = new ArrayList<>(0);

  Cutter(Limits limits, ReferenceDialect dialect) {
    this.limits = limits;
    this.dialect = dialect;
  }

  /** Whether a message has begun and not ended. */
  boolean isInside() {
    return length > 0;
  }

  /** Takes a piece; whole messages go to the queue. */
  void add(byte[] piece, Queue<Arrived> messages) throws ChannelException {
    append(piece);
    int start = 0;
    while (position < length && value(start)) {
      if (depth == 0) {
        messages.add(
            new Arrived(Arrays.copyOfRange(bytes, start, position), named.toArray(Named[]::new)));
        named = new ArrayList<>(0);
        start = position;
      }
    }
    keepFrom(start);
    if (length > limits.maxMessageBytes()) {
      throw tooLong(length);
    }
  }

  private void append(byte[] piece) {
    if (length + piece.length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + piece.length, 2 * bytes.length));
    }
    System.arraycopy(piece, 0, bytes, length, piece.length);
    length += piece.length;
  }

  private void keepFrom(int start) {
    if (start > 0) {
      length -= start;
      position -= start;
      System.arraycopy(bytes, start, bytes, 0, length);
    }
    if (length == 0 && bytes.length > 64 * 1024) {
      bytes = new byte[FIRST_BYTES];
    }
  }

  private LimitExceeded tooLong(long size) {
    return new LimitExceeded(
        Reason.limit(
            "message-bytes", "message of " + size + " bytes > " + limits.maxMessageBytes()));
  }

  /** Goes over one value, or the head of a container; false if it is not all here yet. */
  private boolean value(int start) throws ChannelException {
    int code = bytes[position] & 0xff;
    if (code < 0x80 || code >= 0xe0) {
      return leaf(start, 1);
    }
    if (code < 0x90) {
      return open(1, 2L * (code & 0x0f));
    }
    if (code < 0xa0) {
      return open(1, code & 0x0f);
    }
    if (code < 0xc0) {
      return leaf(start, 1 + (code & 0x1f));
    }
    return switch (code) {
      case 0xc0, 0xc2, 0xc3 -> leaf(start, 1);
      case 0xc4, 0xd9 -> sized(start, 1, 0);
      case 0xc5, 0xda -> sized(start, 2, 0);
      case 0xc6, 0xdb -> sized(start, 4, 0);
      case 0xc7 -> sized(start, 1, 1);
      case 0xc8 -> sized(start, 2, 1);
      case 0xc9 -> sized(start, 4, 1);
      case 0xcc, 0xd0 -> leaf(start, 2);
      case 0xcd, 0xd1 -> leaf(start, 3);
      case 0xca, 0xce, 0xd2 -> leaf(start, 5);
      case 0xcb, 0xcf, 0xd3 -> leaf(start, 9);
      case 0xd4 -> extension(start, 1, 1);
      case 0xd5 -> extension(start, 1, 2);
      case 0xd6 -> extension(start, 1, 4);
      case 0xd7 -> extension(start, 1, 8);
      case 0xd8 -> extension(start, 1, 16);
      case 0xdc -> has(3) && open(3, number(position + 1, 2));
      case 0xdd -> has(5) && open(5, number(position + 1, 4));
      case 0xde -> has(3) && open(3, 2 * number(position + 1, 2));
      case 0xdf -> has(5) && open(5, 2 * number(position + 1, 4));
      default -> throw malformed("the reserved code 0xc1");
    };
  }

  private boolean has(long count) {
    return length - position >= count;
  }

  private long number(int at, int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value = (value << 8) | (bytes[at + i] & 0xff);
    }
    return value;
  }

  /** Text, bytes or an extension, behind a length of so many bytes. */
  private boolean sized(int start, int size, int extension) throws ChannelException {
    if (!has(1L + size)) {
      return false;
    }
    long count = number(position + 1, size);
    return extension == 0 ? leaf(start, 1 + size + count) : extension(start, 1 + size, count);
  }

  private boolean extension(int start, int head, long count) throws ChannelException {
    if (!enough(start, head + 1 + count)) {
      return false;
    }
    name(bytes[position + head], position + head + 1, (int) count);
    return leaf(start, head + 1 + count);
  }

  /** Whether a value of this size is here; one that would make the message too long never is. */
  private boolean enough(int start, long size) throws LimitExceeded {
    long total = position - start + size;
    if (total > limits.maxMessageBytes()) {
      throw tooLong(total);
    }
    return has(size);
  }

  private boolean leaf(int start, long size) throws ChannelException {
    if (!enough(start, size)) {
      return false;
    }
    position += (int) size;
    ended();
    return true;
  }

  private boolean open(int head, long count) throws ChannelException {
    position += head;
    if (count == 0) {
      ended();
      return true;
    }
    if (depth == limits.maxDepth()) {
      throw new LimitExceeded(
          Reason.limit("depth", "the message has more than " + limits.maxDepth() + " levels"));
    }
    if (depth == left.length) {
      left = Arrays.copyOf(left, 2 * depth);
    }
    left[depth++] = count;
    return true;
  }

  /** A value is over, and maybe what it is the last of. */
  private void ended() {
    while (depth > 0 && --left[depth - 1] == 0) {
      depth--;
    }
  }

  private void name(int type, int at, int count) throws ChannelException {
    boolean head = dialect == ReferenceDialect.HEAD;
    if (head && Code.isOne(type) && (count == 4 || count == 8)) {
      name(Code.of(type), number(at, count));
    } else if (!head && type == 1 && (count == 5 || count == 9)) {
      name(bytes[at] == 1 ? Code.RECEIVER : Code.SENDER, number(at + 1, count - 1));
    } else if (!head && type == 2 && (count == 4 || count == 8)) {
      name(Code.DUPLEX, number(at, count));
    }
  }

  private void name(Code code, long reference) throws ChannelException {
    if (named.size() == limits.maxAttachments()) {
      throw new LimitExceeded(
          Reason.limit("attachments", "more than " + limits.maxAttachments() + " in a message"));
    }
    named.add(new Named(code, reference));
  }

  private static ProtocolViolation malformed(String what) {
    return new ProtocolViolation(Reason.of(ReasonCode.PROTOCOL_ERROR, "SPDY-10: " + what));
  }
}
