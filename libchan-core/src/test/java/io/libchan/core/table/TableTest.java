package io.libchan.core.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** A {@link Table} does what a {@link HashMap} does. */
final class TableTest {
  private enum Kind {
    PUT,
    PUT_IF_ABSENT,
    REMOVE,
    REMOVE_VALUE,
    GET,
    CLEAR
  }

  private record Step(Kind kind, long key) {}

  private static final class Value implements Table.Keyed {
    private final long key;

    Value(long key) {
      this.key = key;
    }

    @Override
    public long key() {
      return key;
    }

    @Override
    public String toString() {
      return "value of " + key;
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    // Few numbers, so that they come again; and far apart, as a peer may choose them.
    Arbitrary<Long> keys =
        Arbitraries.oneOf(
            Arbitraries.longs().between(0, 40),
            Arbitraries.longs().between(0, 40).map(key -> key << 32),
            Arbitraries.of(Long.MIN_VALUE, Long.MAX_VALUE, -1L));
    Arbitrary<Kind> kinds =
        Arbitraries.frequency(
            Tuple.of(12, Kind.PUT),
            Tuple.of(6, Kind.PUT_IF_ABSENT),
            Tuple.of(10, Kind.REMOVE),
            Tuple.of(4, Kind.REMOVE_VALUE),
            Tuple.of(4, Kind.GET),
            Tuple.of(1, Kind.CLEAR));
    return Combinators.combine(kinds, keys).as(Step::new).list().ofMaxSize(400);
  }

  @Property(tries = 300)
  void doesWhatAMapDoes(@ForAll("steps") List<Step> steps) {
    Table<Value> table = new Table<>();
    Map<Long, Value> map = new HashMap<>();
    for (Step step : steps) {
      Value fresh = new Value(step.key());
      switch (step.kind()) {
        case PUT -> same(table.put(fresh), map.put(step.key(), fresh));
        case PUT_IF_ABSENT -> same(table.putIfAbsent(fresh), map.putIfAbsent(step.key(), fresh));
        case REMOVE -> same(table.remove(step.key()), map.remove(step.key()));
        case REMOVE_VALUE -> {
          assertThat(table.remove(fresh)).as("another value").isFalse();
          Value there = map.remove(step.key());
          assertThat(there != null && table.remove(there)).isEqualTo(there != null);
        }
        case GET -> same(table.get(step.key()), map.get(step.key()));
        case CLEAR -> {
          table.clear();
          map.clear();
        }
      }
      assertThat(table.size()).isEqualTo(map.size());
    }
    map.forEach((key, value) -> same(table.get(key), value));
    assertThat(table.values())
        .containsExactlyElementsOf(
            map.values().stream().sorted((a, b) -> Long.compare(a.key, b.key)).toList());
  }

  private static void same(@Nullable Value actual, @Nullable Value expected) {
    assertThat(actual).isSameAs(expected);
  }

  @Example
  void thousandsComeAndGoInTheOrderOfStreams() {
    Table<Value> table = new Table<>();
    int window = 3000;
    for (long key = 1; key < 100_000; key += 2) {
      assertThat(table.put(new Value(key))).isNull();
      long old = key - 2L * window;
      if (old > 0) {
        Value gone = table.remove(old);
        assertThat(gone == null ? 0 : gone.key).isEqualTo(old);
        assertThat(table.get(old)).isNull();
      }
    }
    assertThat(table.size()).isEqualTo(window);
    assertThat(table.values()).extracting(Value::key).isSorted();
    assertThat(LongStream.range(0, window).mapToObj(i -> table.get(99_999 - 2 * i)))
        .doesNotContainNull();
  }
}
