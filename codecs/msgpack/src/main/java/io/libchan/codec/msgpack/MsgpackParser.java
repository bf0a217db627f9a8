package io.libchan.codec.msgpack;

import com.fasterxml.jackson.core.Base64Variant;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamReadException;
import io.libchan.codec.jackson.Bytes;
import io.libchan.codec.jackson.MessageParser;
import io.libchan.spi.Codec.Claims;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The tokens of one message that {@link MsgpackScan} found good, and which is trusted here. */
final class MsgpackParser extends MessageParser {
  private static final BigInteger TWO_TO_64 = BigInteger.ONE.shiftLeft(64);
  private static final int NO_EXTENSION = Integer.MIN_VALUE;

  private final byte[] bytes;
  private final NameCache names;
  private final Extensions extensions;
  private NameCache.Name lastName;
  private int position;
  private Level level = new Level(null, Level.ROOT, 1);

  // The value at hand.
  private int start;
  private int length;
  private int extension = NO_EXTENSION;
  private @Nullable String text;
  private NumberType number = NumberType.INT;
  private long integer;
  private double real;

  MsgpackParser(
      byte[] bytes,
      int from,
      NameCache names,
      Claims claims,
      ObjectCodec mapper,
      Extensions extensions) {
    super(StreamReadConstraints.defaults(), claims, mapper);
    this.extensions = extensions;
    this.bytes = bytes;
    this.names = names;
    this.lastName = names.start();
    this.position = from;
  }

  @Override
  public @Nullable JsonToken nextToken() {
    JsonToken token;
    if (level.left == 0) {
      Level parent = level.getParent();
      if (parent == null) {
        token = null;
      } else {
        token = level.inObject() ? JsonToken.END_OBJECT : JsonToken.END_ARRAY;
        level = parent;
      }
    } else if (level.next()) {
      token = key();
    } else {
      token = value(bytes[position++]);
    }
    _currToken = token;
    return token;
  }

  private JsonToken key() {
    int code = Bytes.u8(bytes, position++);
    int size = code == 0xd9 ? length(1) : code == 0xda ? length(2) : length32(code);
    lastName = names.name(lastName, bytes, position, size);
    level.name(lastName.text());
    position += size;
    return JsonToken.FIELD_NAME;
  }

  private int length32(int code) {
    return code == 0xdb ? length(4) : code & 0x1f;
  }

  private JsonToken value(int code) {
    if (code >= -32) {
      return integer(code);
    }
    int unsigned = code & 0xff;
    if (unsigned >= 0xa0 && unsigned < 0xc0) {
      return text(unsigned & 0x1f);
    }
    if (unsigned < 0x90) {
      return open(Level.OBJECT, unsigned & 0x0f);
    }
    return unsigned < 0xa0 ? open(Level.ARRAY, unsigned & 0x0f) : coded(unsigned);
  }

  private JsonToken coded(int code) {
    return switch (code) {
      case 0xc2 -> JsonToken.VALUE_FALSE;
      case 0xc3 -> JsonToken.VALUE_TRUE;
      case 0xc4 -> binary(length(1));
      case 0xc5 -> binary(length(2));
      case 0xc6 -> binary(length(4));
      case 0xc7 -> extension(length(1));
      case 0xc8 -> extension(length(2));
      case 0xc9 -> extension(length(4));
      case 0xca -> real(NumberType.FLOAT, Float.intBitsToFloat(Bytes.i32(bytes, skip(4))));
      case 0xcb -> real(NumberType.DOUBLE, Double.longBitsToDouble(Bytes.i64(bytes, skip(8))));
      case 0xcc -> integer(Bytes.u8(bytes, skip(1)));
      case 0xcd -> integer(Bytes.u16(bytes, skip(2)));
      case 0xce -> integer(Bytes.i32(bytes, skip(4)) & 0xffffffffL);
      case 0xcf -> unsigned(Bytes.i64(bytes, skip(8)));
      case 0xd0 -> integer(bytes[skip(1)]);
      case 0xd1 -> integer((short) Bytes.u16(bytes, skip(2)));
      case 0xd2 -> integer(Bytes.i32(bytes, skip(4)));
      case 0xd3 -> integer(Bytes.i64(bytes, skip(8)));
      case 0xd4 -> extension(1);
      case 0xd5 -> extension(2);
      case 0xd6 -> extension(4);
      case 0xd7 -> extension(8);
      case 0xd8 -> extension(16);
      case 0xd9 -> text(length(1));
      case 0xda -> text(length(2));
      case 0xdb -> text(length(4));
      case 0xdc -> open(Level.ARRAY, length(2));
      case 0xdd -> open(Level.ARRAY, length(4));
      case 0xde -> open(Level.OBJECT, length(2));
      case 0xdf -> open(Level.OBJECT, length(4));
      default -> JsonToken.VALUE_NULL;
    };
  }

  private int length(int size) {
    int at = skip(size);
    return switch (size) {
      case 1 -> Bytes.u8(bytes, at);
      case 2 -> Bytes.u16(bytes, at);
      default -> Bytes.i32(bytes, at);
    };
  }

  private int skip(int count) {
    int at = position;
    position += count;
    return at;
  }

  private JsonToken open(int type, int count) {
    level = level.child(type, type == Level.OBJECT ? 2 * count : count);
    return type == Level.OBJECT ? JsonToken.START_OBJECT : JsonToken.START_ARRAY;
  }

  private JsonToken text(int size) {
    start = skip(size);
    length = size;
    text = null;
    return JsonToken.VALUE_STRING;
  }

  private JsonToken binary(int size) {
    start = skip(size);
    length = size;
    extension = NO_EXTENSION;
    return JsonToken.VALUE_EMBEDDED_OBJECT;
  }

  private JsonToken extension(int size) {
    extension = bytes[skip(1)];
    start = skip(size);
    length = size;
    return JsonToken.VALUE_EMBEDDED_OBJECT;
  }

  private JsonToken integer(long value) {
    integer = value;
    number = value == (int) value ? NumberType.INT : NumberType.LONG;
    return JsonToken.VALUE_NUMBER_INT;
  }

  private JsonToken unsigned(long value) {
    integer(value);
    if (value < 0) {
      number = NumberType.BIG_INTEGER;
    }
    return JsonToken.VALUE_NUMBER_INT;
  }

  private JsonToken real(NumberType kind, double value) {
    real = value;
    number = kind;
    return JsonToken.VALUE_NUMBER_FLOAT;
  }

  @Override
  public JsonStreamContext getParsingContext() {
    return level;
  }

  @Override
  public @Nullable String currentName() {
    boolean opened = _currToken == JsonToken.START_OBJECT || _currToken == JsonToken.START_ARRAY;
    Level parent = level.getParent();
    return opened && parent != null ? parent.getCurrentName() : level.getCurrentName();
  }

  @Override
  public void overrideCurrentName(String name) {
    level.name(name);
  }

  @Override
  public @Nullable String getText() throws IOException {
    if (_currToken == JsonToken.VALUE_STRING) {
      if (text == null) {
        text = new String(bytes, start, length, StandardCharsets.UTF_8);
      }
      return text;
    }
    if (_currToken == null) {
      return null;
    }
    return switch (_currToken) {
      case FIELD_NAME -> currentName();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> getNumberValue().toString();
      case VALUE_EMBEDDED_OBJECT -> null;
      default -> _currToken.asString();
    };
  }

  @Override
  public @Nullable Object getEmbeddedObject() throws IOException {
    if (_currToken != JsonToken.VALUE_EMBEDDED_OBJECT) {
      return null;
    }
    if (extension == NO_EXTENSION) {
      return Arrays.copyOfRange(bytes, start, start + length);
    }
    int index = extensions.index(extension, bytes, start, length);
    if (index != Extensions.NONE) {
      return reference(index);
    }
    Object value = extensions.value(extension, bytes, start, length);
    return value == null ? unknown() : value;
  }

  @Override
  public byte[] getBinaryValue(Base64Variant variant) throws IOException {
    if (getEmbeddedObject() instanceof byte[] binary) {
      return binary;
    }
    throw mismatch("binary");
  }

  @Override
  public NumberType getNumberType() {
    return number;
  }

  @Override
  public Number getNumberValue() throws IOException {
    checkNumber();
    return switch (number) {
      case INT -> (int) integer;
      case LONG -> integer;
      case BIG_INTEGER -> big();
      case FLOAT -> (float) real;
      default -> real;
    };
  }

  private BigInteger big() {
    BigInteger signed = BigInteger.valueOf(integer);
    return number == NumberType.BIG_INTEGER ? signed.add(TWO_TO_64) : signed;
  }

  private void checkNumber() throws IOException {
    if (_currToken == null || !_currToken.isNumeric()) {
      throw mismatch("a number");
    }
  }

  private StreamReadException mismatch(String wanted) {
    return _constructReadException("not " + wanted);
  }

  private boolean isReal() {
    return _currToken == JsonToken.VALUE_NUMBER_FLOAT;
  }

  @Override
  public boolean isNaN() {
    return isReal() && !Double.isFinite(real);
  }

  @Override
  public int getIntValue() throws IOException {
    long value = getLongValue();
    if (value != (int) value) {
      reportOverflowInt();
    }
    return (int) value;
  }

  @Override
  public long getLongValue() throws IOException {
    checkNumber();
    if (isReal()) {
      if (!(real >= Long.MIN_VALUE && real < 0x1p63)) {
        reportOverflowLong();
      }
      return (long) real;
    }
    if (number == NumberType.BIG_INTEGER) {
      reportOverflowLong();
    }
    return integer;
  }

  @Override
  public BigInteger getBigIntegerValue() throws IOException {
    return isReal() ? getDecimalValue().toBigInteger() : big();
  }

  @Override
  public float getFloatValue() throws IOException {
    checkNumber();
    return isReal() ? (float) real : big().floatValue();
  }

  @Override
  public double getDoubleValue() throws IOException {
    checkNumber();
    if (isReal()) {
      return real;
    }
    return number == NumberType.BIG_INTEGER ? big().doubleValue() : integer;
  }

  @Override
  public BigDecimal getDecimalValue() throws IOException {
    checkNumber();
    if (!isReal()) {
      return new BigDecimal(big());
    }
    if (isNaN()) {
      throw mismatch("a finite number");
    }
    return number == NumberType.FLOAT
        ? new BigDecimal(Float.toString((float) real))
        : BigDecimal.valueOf(real);
  }
}
