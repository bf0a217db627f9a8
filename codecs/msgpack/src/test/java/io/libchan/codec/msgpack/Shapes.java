package io.libchan.codec.msgpack;

import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonValue;
import io.libchan.ByteStream;
import io.libchan.Receiver;
import io.libchan.Sender;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Records of many shapes. */
@SuppressWarnings({
  "ArrayRecordComponent",
  "OptionalUsedAsFieldOrParameterType",
  "UnicodeInCode", // names are written as they are
  "UnusedVariable"
})
final class Shapes {
  private Shapes() {}

  enum Color {
    RED,
    GREEN,
    BLÜE
  }

  enum Named {
    @JsonProperty("uno")
    ONE
  }

  enum Bodied {
    ONE {
      @Override
      int value() {
        return 1;
      }
    };

    abstract int value();
  }

  /** The record of the benchmark. */
  public record Sample(long id, String name, double value, int count, byte[] data) {}

  record Numbers(long l, int i, short s, byte b, float f, double d, boolean z, char c) {}

  record Boxes(Long l, Integer i, Short s, Byte b, Float f, Double d, Boolean z, Character c) {}

  record Texts(String a, String aNameOfMoreThanEightBytes, Color color, byte[] näme) {}

  record LongNames(
      int aNameOfMoreThanThirtyOneBytesInAll,
      int x1234567,
      int x12345678,
      String x123456789012345) {}

  record Forms(UUID uuid, Instant instant, Duration duration, LocalDate date) {}

  record Nested(int before, Numbers numbers, Texts texts, One one) {}

  record One(String x) {}

  record Lists(
      List<String> texts,
      List<Long> longs,
      List<One> ones,
      List<List<Integer>> lists,
      List<Color> colors,
      List<byte[]> bytes,
      List<Deep> deeps) {}

  record Deep(List<One> ones, int x) {}

  record Accessors(boolean isOpen, String getName, int get, String is) {}

  record Copying(byte[] data, String text) {
    @Override
    public byte[] data() {
      return data.clone();
    }

    @Override
    public String text() {
      return text + "!";
    }
  }

  record Iterating(int x) implements Iterable<Integer> {
    @Override
    public java.util.Iterator<Integer> iterator() {
      return List.of(x).iterator();
    }
  }

  record Wide(
      int a,
      int b,
      int c,
      int d,
      int e,
      int f,
      int g,
      int h,
      int i,
      int j,
      int k,
      int l,
      int m,
      String n,
      int o,
      long p,
      int q,
      int r) {}

  record Ends(
      int first,
      Sender<One> sender,
      Receiver<List<Sender<One>>> receiver,
      ByteStream bytes,
      String between,
      InputStream in,
      OutputStream out,
      Sender<? extends One> wild,
      int last) {}

  record Failing(Sender<One> sender, int x, Receiver<One> receiver) {
    Failing {
      if (x == 1) {
        throw new IllegalStateException("mine");
      }
      if (x == 2) {
        throw new AssertionError("mine");
      }
    }
  }

  record FailingInside(Inside inside, Sender<One> sender) {
    record Inside(int x) {
      Inside {
        if (x == 1) {
          throw new IllegalStateException("mine");
        }
      }
    }
  }

  record BadAccessor(Sender<One> sender, int x) {
    @Override
    public int x() {
      if (x == 1) {
        throw new IllegalStateException("mine");
      }
      return x;
    }
  }

  static final List<Class<?>> FAST =
      List.of(
          Sample.class,
          Numbers.class,
          Boxes.class,
          Texts.class,
          LongNames.class,
          Forms.class,
          Nested.class,
          Lists.class,
          Accessors.class,
          Copying.class,
          Wide.class,
          Iterating.class);

  // What Jackson has its own way with.

  record Renamed(@JsonProperty("y") int x) {}

  record Ignoring(int x, @JsonIgnore int y) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Including(String x, String y) {}

  @JsonPropertyOrder({"y", "x"})
  interface Ordered {}

  record Ordering(int x, int y) implements Ordered {}

  interface HasName {
    @JsonProperty("n")
    String name();
  }

  record Inheriting(String name) implements HasName {}

  @Retention(RetentionPolicy.RUNTIME)
  @JacksonAnnotationsInside
  @JsonProperty("y")
  @interface Why {}

  record Bundled(@Why int x) {}

  record OnAccessor(int x) {
    @Override
    @JsonProperty("y")
    public int x() {
      return x;
    }
  }

  record OnConstructor(int x) {
    OnConstructor(@JsonProperty("y") int x) {
      this.x = x;
    }
  }

  record AsValue(int x) {
    @JsonValue
    public int value() {
      return x;
    }
  }

  record MoreGetters(int x) {
    public int getTwice() {
      return 2 * x;
    }
  }

  record MoreConstructors(int x) {
    MoreConstructors(String x) {
      this(Integer.parseInt(x));
    }
  }

  record Pair<A, B>(A a, B b) {}

  record OfPair(int x, Pair<String, List<One>> pair) {}

  record Self(int x, Self next) {}

  record Empty() {}

  record OfNamed(Named named) {}

  record OfBodied(Bodied bodied) {}

  record OfObject(Object x) {}

  record OfDecimal(BigDecimal x) {}

  record OfZoned(ZonedDateTime x) {}

  record OfOptional(Optional<String> x) {}

  record OfMap(Map<String, Integer> x) {}

  record OfArrayList(ArrayList<Integer> x) {}

  record OfInts(int[] x) {}

  record OfRenamed(int a, Renamed b) {}

  record OfListOfRenamed(List<Renamed> b) {}

  record OfNestedEnds(FailingInside inside) {}

  record OfEnds(List<Sender<One>> ends) {}

  static final List<Class<?>> SLOW =
      List.of(
          Renamed.class,
          Ignoring.class,
          Including.class,
          Ordering.class,
          Inheriting.class,
          Bundled.class,
          OnAccessor.class,
          OnConstructor.class,
          AsValue.class,
          MoreGetters.class,
          MoreConstructors.class,
          Pair.class,
          Self.class,
          Empty.class,
          OfNamed.class,
          OfBodied.class,
          OfObject.class,
          OfDecimal.class,
          OfZoned.class,
          OfOptional.class,
          OfMap.class,
          OfArrayList.class,
          OfInts.class,
          OfRenamed.class,
          OfListOfRenamed.class,
          OfNestedEnds.class,
          OfEnds.class);

  /** Whether two values are the same, where arrays are what is in them. */
  static boolean same(Object a, Object b) throws ReflectiveOperationException {
    if (a instanceof byte[] x && b instanceof byte[] y) {
      return Arrays.equals(x, y);
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      boolean same = x.size() == y.size() && x.getClass() == y.getClass();
      for (int i = 0; same && i < x.size(); i++) {
        same = same(x.get(i), y.get(i));
      }
      return same;
    }
    if (a instanceof Record && b != null && a.getClass() == b.getClass()) {
      boolean same = true;
      for (RecordComponent component : a.getClass().getRecordComponents()) {
        Field field = a.getClass().getDeclaredField(component.getName());
        field.setAccessible(true);
        same &= same(field.get(a), field.get(b));
      }
      return same;
    }
    return a == null ? b == null : a.equals(b);
  }
}
