package io.libchan.codec.msgpack;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Values of any type, with a liking for the extremes. */
final class Samples {
  private static final long[] EDGES = {
    0,
    1,
    -1,
    31,
    -32,
    -33,
    127,
    128,
    -128,
    -129,
    255,
    256,
    32767,
    32768,
    -32768,
    -32769,
    65535,
    65536,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 31,
    0xffffffffL,
    1L << 32,
    Integer.MIN_VALUE - 1L,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };
  private static final double[] REALS = {
    0, -0.0, 1.5, Double.MIN_VALUE, Double.MAX_VALUE, Double.NaN, Double.NEGATIVE_INFINITY
  };

  final Random random;

  Samples(long seed) {
    random = new Random(seed);
  }

  <T> T one(Class<T> type) throws ReflectiveOperationException {
    RecordComponent[] components = type.getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(components[i].getGenericType());
    }
    var constructor = type.getDeclaredConstructors()[0];
    constructor.setAccessible(true);
    return type.cast(constructor.newInstance(values));
  }

  long integer() {
    return switch (random.nextInt(3)) {
      case 0 -> EDGES[random.nextInt(EDGES.length)];
      case 1 -> random.nextLong() >> random.nextInt(64);
      default -> random.nextInt(300);
    };
  }

  double real() {
    return random.nextBoolean() ? random.nextGaussian() : REALS[random.nextInt(REALS.length)];
  }

  String text() {
    int most = random.nextInt(20) == 0 ? 70_000 : random.nextInt(8) == 0 ? 300 : 40;
    int range = random.nextInt(3) == 0 ? 0x110000 : 0x80;
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most); i > 0; i--) {
      int c = random.nextInt(range) >>> random.nextInt(12);
      text.appendCodePoint(c >= 0xd800 && c < 0xe000 ? 'x' : c);
    }
    if (random.nextInt(100) == 0) {
      text.append('\ud800');
    }
    return text.toString();
  }

  private byte[] binary() {
    byte[] bytes = new byte[random.nextInt(random.nextInt(20) == 0 ? 70_000 : 300)];
    random.nextBytes(bytes);
    return bytes;
  }

  Object value(Type type) throws ReflectiveOperationException {
    if (type instanceof ParameterizedType list) {
      return random.nextInt(10) == 0 ? null : list(list.getActualTypeArguments()[0]);
    }
    Class<?> raw = (Class<?>) type;
    if (!raw.isPrimitive() && random.nextInt(10) == 0) {
      return null;
    }
    if (raw.isRecord()) {
      return one(raw);
    }
    if (raw.isEnum()) {
      return raw.getEnumConstants()[random.nextInt(raw.getEnumConstants().length)];
    }
    return scalar(raw.getSimpleName());
  }

  private Object scalar(String type) {
    return switch (type) {
      case "long", "Long" -> integer();
      case "int", "Integer" -> (int) integer();
      case "short", "Short" -> (short) integer();
      case "byte", "Byte" -> (byte) integer();
      case "float", "Float" -> (float) real();
      case "double", "Double" -> real();
      case "boolean", "Boolean" -> random.nextBoolean();
      case "char", "Character" ->
          (char) (random.nextInt(20) == 0 ? 0xd800 : random.nextInt(0xd800) >>> random.nextInt(16));
      case "String" -> text();
      case "byte[]" -> binary();
      case "UUID" -> new UUID(random.nextLong(), random.nextLong());
      case "Instant" -> Instant.ofEpochSecond(random.nextLong() >> 30, nanos());
      case "Duration" -> Duration.ofSeconds(random.nextLong() >> random.nextInt(64), nanos());
      case "LocalDate" -> LocalDate.ofEpochDay(random.nextInt() / 6);
      default -> throw new IllegalArgumentException(type);
    };
  }

  private long nanos() {
    return switch (random.nextInt(3)) {
      case 0 -> 0;
      case 1 -> random.nextInt(1000) * 1_000_000L;
      default -> random.nextInt(1_000_000_000);
    };
  }

  private List<Object> list(Type element) throws ReflectiveOperationException {
    List<Object> list = new ArrayList<>();
    for (int i = random.nextInt(random.nextInt(8) == 0 ? 40 : 4); i > 0; i--) {
      list.add(value(element));
    }
    return random.nextBoolean() ? list : Collections.unmodifiableList(list);
  }
}
