package io.libchan.codec.msgpack;

import io.libchan.ChannelException;
import io.libchan.codec.jackson.Bytes;
import io.libchan.spi.Codec.Claims;
import io.libchan.spi.Utf8;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the values of one message whose fields come as its type has them, and checks what {@link
 * MsgpackScan} would. At anything else it throws {@link Abandoned}, having taken no attachment, and
 * nobody needs to know why: what reads the message then will say it. Rules COD-1 to COD-7.
 *
 * <p>Not thread-safe.
 */
final class FieldReader {
  private static final int NIL = 0xc0;

  // There is one for each message: each field counts.
  private final byte[] bytes;
  private final int end;
  private final int maxStringBytes;
  private Claims claims;
  private int at;
  private int elements; // that the limit leaves to lists

  /** For a message from there to there in an array. */
  FieldReader(byte[] bytes, int from, int end, int maxStringBytes, int elements, Claims claims) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
    this.maxStringBytes = maxStringBytes;
    this.elements = elements;
    this.claims = claims;
  }

  /** Moves past a key to the first byte of its value, which is there. */
  void key(Key key) {
    int from = at;
    if (key.size() >= end - from || !key.is(bytes, from)) {
      throw Abandoned.now();
    }
    at = from + key.size();
  }

  /** Nothing may follow the message. */
  void end() {
    if (at != end) {
      throw Abandoned.now();
    }
  }

  /** Moves past a nil, if there is one. */
  boolean nil() {
    if (first() != NIL) {
      return false;
    }
    at++;
    return true;
  }

  private int first() {
    if (at >= end) {
      throw Abandoned.now();
    }
    return Bytes.u8(bytes, at);
  }

  /** Moves past a code and so many bytes after it; returns where these are. */
  private int after(int count) {
    int from = at + 1;
    if (count > end - from) {
      throw Abandoned.now();
    }
    at = from + count;
    return from;
  }

  long int64() {
    int code = first();
    if (code < 0x80 || code >= 0xe0) {
      at++;
      return (byte) code;
    }
    return switch (code) {
      case 0xcc -> Bytes.u8(bytes, after(1));
      case 0xcd -> Bytes.u16(bytes, after(2));
      case 0xce -> Bytes.i32(bytes, after(4)) & 0xffffffffL;
      case 0xcf -> positive(Bytes.i64(bytes, after(8)));
      case 0xd0 -> bytes[after(1)];
      case 0xd1 -> (short) Bytes.u16(bytes, after(2));
      case 0xd2 -> Bytes.i32(bytes, after(4));
      case 0xd3 -> Bytes.i64(bytes, after(8));
      default -> throw Abandoned.now();
    };
  }

  private static long positive(long value) {
    if (value < 0) { // 2^63 or more
      throw Abandoned.now();
    }
    return value;
  }

  int int32() {
    long value = int64();
    if (value != (int) value) {
      throw Abandoned.now();
    }
    return (int) value;
  }

  short int16() {
    long value = int64();
    if (value != (short) value) {
      throw Abandoned.now();
    }
    return (short) value;
  }

  byte int8() {
    long value = int64();
    if (value != (byte) value) {
      throw Abandoned.now();
    }
    return (byte) value;
  }

  boolean truth() {
    int code = first();
    if (code != 0xc2 && code != 0xc3) {
      throw Abandoned.now();
    }
    at++;
    return code == 0xc3;
  }

  float float32() {
    if (first() != 0xca) {
      throw Abandoned.now();
    }
    return Float.intBitsToFloat(Bytes.i32(bytes, after(4)));
  }

  double float64() {
    if (first() != 0xcb) {
      throw Abandoned.now();
    }
    return Double.longBitsToDouble(Bytes.i64(bytes, after(8)));
  }

  char character() {
    String text = someText();
    if (text.length() != 1) {
      throw Abandoned.now();
    }
    return text.charAt(0);
  }

  @Nullable String text() {
    return nil() ? null : someText();
  }

  private String someText() {
    int code = first();
    int size;
    if ((code & 0xe0) == 0xa0) {
      at++;
      size = code & 0x1f;
    } else {
      size = size(code, 0xd9);
    }
    int from = chunk(size);
    if (Utf8.ascii(bytes, from, from + size)) {
      return new String(bytes, from, size, StandardCharsets.ISO_8859_1);
    }
    if (!Utf8.valid(bytes, from, from + size)) {
      throw Abandoned.now();
    }
    return new String(bytes, from, size, StandardCharsets.UTF_8);
  }

  byte @Nullable [] binary() {
    if (nil()) {
      return null;
    }
    int size = size(first(), 0xc4);
    int from = chunk(size);
    return Arrays.copyOfRange(bytes, from, from + size);
  }

  /** Reads a length after one of three codes, for one, two and four bytes of it. */
  private int size(int code, int firstCode) {
    return switch (code - firstCode) {
      case 0 -> Bytes.u8(bytes, after(1));
      case 1 -> Bytes.u16(bytes, after(2));
      case 2 -> Bytes.i32(bytes, after(4));
      default -> throw Abandoned.now();
    };
  }

  /** Moves past so many bytes of a text or byte array; returns where they are. */
  private int chunk(int size) {
    int from = at;
    if (size < 0 || size > end - from || size > maxStringBytes) {
      throw Abandoned.now();
    }
    at = from + size;
    return from;
  }

  @Nullable Object constant(Map<String, Object> constants) {
    return nil() ? null : known(constants.get(someText()));
  }

  /** A value whose text form is just as it would be written; there may be other forms of it. */
  @Nullable Object form(Function<String, Object> parse) {
    if (nil()) {
      return null;
    }
    String text = someText();
    Object value = parse.apply(text);
    return known(value.toString().equals(text) ? value : null);
  }

  private static Object known(@Nullable Object value) {
    if (value == null) {
      throw Abandoned.now();
    }
    return value;
  }

  /** Reads a list; each element costs so many of the elements that the limit leaves. */
  @Nullable List<@Nullable Object> list(MethodHandle element, int cost) throws Throwable {
    if (nil()) {
      return null;
    }
    int code = first();
    int count;
    if ((code & 0xf0) == 0x90) {
      at++;
      count = code & 0x0f;
    } else if (code == 0xdc) {
      count = Bytes.u16(bytes, after(2));
    } else {
      throw Abandoned.now();
    }
    if (count > end - at || (long) count * cost > elements) {
      throw Abandoned.now();
    }
    elements -= count * cost;
    List<@Nullable Object> list = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      list.add((Object) element.invokeExact(this));
    }
    return list;
  }

  /** Reads the index of an attachment, without taking it; -1 for none. */
  int attachment() {
    if (nil()) {
      return -1;
    }
    if (first() != 0xd5 || maxStringBytes < 2) {
      throw Abandoned.now();
    }
    int from = after(3);
    if (bytes[from] != MsgpackCodec.ATTACHMENT_TYPE) {
      throw Abandoned.now();
    }
    return Bytes.u16(bytes, from + 1);
  }

  /** Takes an attachment, after everything else was read and found good. */
  @Nullable Object take(Class<?> kind, @Nullable Type element, int index) throws ChannelException {
    if (index < 0) {
      return null;
    }
    if (!(claims instanceof Taken)) {
      claims = new Taken(claims);
    }
    return claims.take(index, kind, element);
  }

  /** Why an attachment could not be taken, if that is what went wrong. */
  @Nullable Exception refusal() {
    return claims instanceof Taken taken ? taken.refusal : null;
  }

  /** The claims for reading this message again, which give what was taken once more. */
  Claims again() {
    return claims instanceof Taken taken ? taken.again() : claims;
  }

  /** Keeps the attachments that were taken, which most messages have none of. */
  private static final class Taken implements Claims {
    private final Claims claims;
    private final List<Object> ends = new ArrayList<>(2); // in this order
    private @Nullable Exception refusal;

    Taken(Claims claims) {
      this.claims = claims;
    }

    @Override
    public Object take(int index, Class<?> kind, @Nullable Type element) throws ChannelException {
      try {
        Object end = claims.take(index, kind, element);
        ends.add(end);
        return end;
      } catch (ChannelException | RuntimeException e) {
        refusal = e;
        throw e;
      }
    }

    Claims again() {
      Iterator<Object> left = ends.iterator();
      return (index, as, element) -> left.hasNext() ? left.next() : claims.take(index, as, element);
    }
  }
}
