package io.libchan.codec.msgpack;

import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.codec.jackson.Bytes;
import io.libchan.spi.Codec.Attachments;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.Malformed;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the values of one message as {@link MsgpackGenerator} does. The buffer is not told before
 * {@link #finish}, which also adds the attachments; so whatever goes wrong before, the message can
 * be written again.
 *
 * <p>There is always room for the values of one size that the message has at most; the others make
 * room for themselves.
 *
 * <p>Not thread-safe. It is kept with the buffer for the next message.
 */
final class FieldWriter {
  private static final int MAX_HEADER = 5;
  private static final Object[] NO_ENDS = {};
  private static final int[] NO_PLACES = {};

  private final EncodeBuffer out;
  private int fixed; // the most that values of one size need, all together
  private byte[] bytes;
  private int at;

  private Object[] ends = NO_ENDS;
  private int[] places = NO_PLACES; // where the index of each end goes
  private int endCount;

  private FieldWriter(EncodeBuffer out) {
    this.out = out;
    this.bytes = out.array();
  }

  /**
   * The writer of one message to this buffer.
   *
   * @param fixed the most bytes that values of one size need, all together; there is room for them
   */
  static FieldWriter to(EncodeBuffer out, int fixed) throws LimitExceeded {
    FieldWriter writer;
    if (out.kept() instanceof FieldWriter one) {
      writer = one;
    } else {
      writer = new FieldWriter(out);
      out.keep(writer);
    }
    writer.start(fixed);
    return writer;
  }

  private void start(int newFixed) throws LimitExceeded {
    fixed = newFixed;
    at = out.length();
    if (bytes != out.array()) { // a reference that is stored costs more than the look
      bytes = out.array();
    }
    room(0);
  }

  /** Keeps no attachment, whatever became of the message. */
  void forget() {
    if (endCount > 0) {
      ends = NO_ENDS;
      places = NO_PLACES;
      endCount = 0;
    }
  }

  private void room(int count) throws LimitExceeded {
    if (count > bytes.length - at - fixed) {
      grow(count);
    }
  }

  private void grow(int count) throws LimitExceeded {
    if (count > Integer.MAX_VALUE / 2) {
      throw Abandoned.now();
    }
    out.ensure(at - out.length() + fixed + count);
    bytes = out.array();
  }

  /** Hands the bytes to the buffer, and the attachments over. */
  void finish(Attachments attachments) throws ChannelException {
    try {
      for (int i = 0; i < endCount; i++) {
        int index = attachments.add(ends[i]);
        if (index > 0xffff) {
          throw Malformed.value("COD-8", "an index above 65535");
        }
        Bytes.put16(bytes, places[i], index);
      }
    } finally {
      forget();
    }
    out.advance(at - out.length());
  }

  /** Checks the limit on the message, which the buffer may be larger than. */
  void check() throws LimitExceeded {
    out.ensure(at - out.length());
  }

  void key(Key key) {
    key.put(bytes, at);
    at += key.size();
  }

  /** The header of a map of so many entries, 65535 at most. */
  void map(int count) {
    container(0x80, 0xde, count);
  }

  private void container(int fix, int large, int count) {
    if (count < 16) {
      bytes[at++] = (byte) (fix | count);
    } else {
      bytes[at] = (byte) large;
      Bytes.put16(bytes, at + 1, count);
      at += 3;
    }
  }

  void nil() {
    bytes[at++] = (byte) 0xc0;
  }

  void truth(boolean value) {
    bytes[at++] = (byte) (value ? 0xc3 : 0xc2);
  }

  void integer(long value) {
    byte[] to = bytes;
    int from = at;
    if (value >= -32 && value < 0x80) {
      to[from] = (byte) value;
      at = from + 1;
    } else if (value >= 0 ? value < 0x100 : value >= Byte.MIN_VALUE) {
      to[from] = (byte) (value >= 0 ? 0xcc : 0xd0);
      to[from + 1] = (byte) value;
      at = from + 2;
    } else if (value >= 0 ? value < 0x10000 : value >= Short.MIN_VALUE) {
      to[from] = (byte) (value >= 0 ? 0xcd : 0xd1);
      Bytes.put16(to, from + 1, (int) value);
      at = from + 3;
    } else if (value >= 0 ? value <= 0xffffffffL : value >= Integer.MIN_VALUE) {
      to[from] = (byte) (value >= 0 ? 0xce : 0xd2);
      Bytes.put32(to, from + 1, (int) value);
      at = from + 5;
    } else {
      to[from] = (byte) (value >= 0 ? 0xcf : 0xd3);
      Bytes.put64(to, from + 1, value);
      at = from + 9;
    }
  }

  void float32(float value) {
    bytes[at] = (byte) 0xca;
    Bytes.put32(bytes, at + 1, Float.floatToRawIntBits(value));
    at += 5;
  }

  void float64(double value) {
    bytes[at] = (byte) 0xcb;
    Bytes.put64(bytes, at + 1, Double.doubleToRawLongBits(value));
    at += 9;
  }

  void character(char value) throws LimitExceeded {
    text(String.valueOf(value));
  }

  void constant(@Nullable Enum<?> value) throws LimitExceeded {
    text(value == null ? null : value.name());
  }

  /** A value whose text form is {@code toString()}. */
  void form(@Nullable Object value) throws LimitExceeded {
    text(value == null ? null : value.toString());
  }

  void text(@Nullable String text) throws LimitExceeded {
    if (text == null) {
      nil();
      return;
    }
    int count = text.length();
    room(MAX_HEADER + count);
    byte[] to = bytes;
    int start = at;
    int from = start + (count < 32 ? 1 : count < 0x100 ? 2 : count < 0x10000 ? 3 : 5);
    for (int i = 0; i < count; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        wideText(text);
        return;
      }
      to[from + i] = (byte) c;
    }
    textHeader(count);
    at = from + count;
  }

  private void wideText(String text) throws LimitExceeded {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (Character.isBmpCodePoint(text.codePointAt(i))) {
          throw Abandoned.now(); // half a pair
        }
        i++;
      }
    }
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    room(MAX_HEADER + utf8.length);
    textHeader(utf8.length);
    copy(utf8);
  }

  private void textHeader(int count) {
    if (count < 32) {
      bytes[at++] = (byte) (0xa0 | count);
    } else {
      header(0xd9, count);
    }
  }

  /** A code for lengths of one byte; those for two and four bytes follow it. */
  private void header(int code, int count) {
    if (count < 0x100) {
      bytes[at] = (byte) code;
      bytes[at + 1] = (byte) count;
      at += 2;
    } else if (count < 0x10000) {
      bytes[at] = (byte) (code + 1);
      Bytes.put16(bytes, at + 1, count);
      at += 3;
    } else {
      bytes[at] = (byte) (code + 2);
      Bytes.put32(bytes, at + 1, count);
      at += 5;
    }
  }

  private void copy(byte[] from) {
    System.arraycopy(from, 0, bytes, at, from.length);
    at += from.length;
  }

  void binary(byte @Nullable [] value) throws LimitExceeded {
    if (value == null) {
      nil();
      return;
    }
    room(MAX_HEADER + value.length);
    header(0xc4, value.length);
    copy(value);
  }

  /** A list of the JDK's, as others may have their own way to be written. */
  void list(MethodHandle element, @Nullable List<?> list) throws Throwable {
    if (list == null) {
      nil();
      return;
    }
    int count = list.size();
    if (count > 0xffff || list.getClass().getModule() != Object.class.getModule()) {
      throw Abandoned.now();
    }
    room(MAX_HEADER);
    container(0x90, 0xdc, count);
    int written = 0;
    for (Object value : list) {
      room(fixed);
      element.invokeExact(this, value);
      written++;
    }
    if (written != count) { // it changes meanwhile
      throw Abandoned.now();
    }
  }

  /** An attachment; its index comes later. */
  void attachment(@Nullable Object end) {
    if (end == null) {
      nil();
      return;
    }
    if (Annotated.is(end.getClass())) {
      throw Abandoned.now();
    }
    bytes[at] = (byte) 0xd5;
    bytes[at + 1] = MsgpackCodec.ATTACHMENT_TYPE;
    if (endCount == ends.length) {
      ends = Arrays.copyOf(ends, endCount + 4);
      places = Arrays.copyOf(places, endCount + 4);
    }
    ends[endCount] = end;
    places[endCount++] = at + 2;
    at += 4;
  }
}
