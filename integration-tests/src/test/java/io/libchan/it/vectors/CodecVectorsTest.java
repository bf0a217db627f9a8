package io.libchan.it.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.codec.protobuf.MessageType;
import io.libchan.it.codec.proto.Note;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.Services;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Vectors;
import io.libchan.testkit.Vectors.Vector;
import java.lang.reflect.RecordComponent;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The vectors of the codecs, read and written. */
final class CodecVectorsTest {
  private static final List<String> CODECS = List.of("msgpack", "json", "cbor", "xml", "protobuf");

  /** The type {@code order} of the vectors. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  public record Order(
      int id,
      @Nullable String name,
      double load,
      boolean urgent,
      @Nullable List<String> tags,
      byte @Nullable [] key,
      @Nullable Sender<Object> reply) {}

  /** The same as Protocol Buffers have it. */
  @MessageType(io.libchan.it.codec.proto.Order.class)
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  public record ProtobufOrder(
      int id,
      String name,
      double load,
      boolean urgent,
      List<String> tags,
      byte[] key,
      @Nullable Sender<Note> reply) {}

  /** Three attachments, which are known by their place. */
  private final List<Sender<Object>> table =
      IntStream.range(0, 3).mapToObj(one -> Channel.of(Object.class, 1).sender()).toList();

  static Stream<Vector> good() {
    return CODECS.stream().flatMap(codec -> Vectors.good("codec-" + codec + ".json").stream());
  }

  static Stream<Vector> bad() {
    return CODECS.stream().flatMap(codec -> Vectors.bad("codec-" + codec + ".json").stream());
  }

  private static Class<?> type(Vector vector) {
    if (vector.text("type").equals("any")) {
      return Object.class;
    }
    return vector.file().contains("protobuf") ? ProtobufOrder.class : Order.class;
  }

  private static Codec.Format format(Vector vector) {
    String name = vector.file().replace("codec-", "").replace(".json", "");
    return Services.codecs().stream()
        .filter(codec -> codec.name().equals(name))
        .findFirst()
        .orElseThrow()
        .format(type(vector), Limits.DEFAULTS);
  }

  private Object decode(Vector vector) throws ChannelException {
    byte[] bytes = vector.bytes();
    List<Integer> taken = new ArrayList<>();
    return format(vector)
        .decode(
            bytes,
            0,
            bytes.length,
            (index, as, element) -> {
              if (index >= table.size() || taken.contains(index)) {
                throw new MessageRejected(Reason.of(ReasonCode.TYPE_MISMATCH, "ATT-5: " + index));
              }
              taken.add(index);
              return table.get(index);
            });
  }

  @ParameterizedTest
  @MethodSource("good")
  @Rule({"COD-8", "COD-9", "COD-12", "COD-14", "COD-20", "COD-33", "COD-40", "COD-42"})
  void aGoodVectorMeansWhatItSays(Vector vector) throws Exception {
    assertThat(words(decode(vector))).isEqualTo(vector.value("means"));
  }

  @ParameterizedTest
  @MethodSource("good")
  @Rule({"COD-8", "COD-9", "COD-14", "COD-20", "COD-33", "COD-34", "COD-40"})
  void aGoodVectorIsWrittenAsItStands(Vector vector) throws Exception {
    if (!vector.isWritten()) {
      return;
    }
    EncodeBuffer out = new EncodeBuffer(1 << 20);
    format(vector).encode(value(vector), table::indexOf, out);
    assertThat(HexFormat.of().formatHex(Arrays.copyOf(out.array(), out.length())))
        .isEqualTo(HexFormat.of().formatHex(vector.bytes()));
  }

  @ParameterizedTest
  @MethodSource("bad")
  @Rule({"COD-1", "COD-2", "COD-3", "COD-4", "COD-6", "COD-7", "COD-10", "COD-17", "COD-18"})
  @Rule({"COD-21", "COD-30", "COD-31", "COD-32", "COD-43", "ATT-5"})
  void aBadVectorIsRefusedAsItSays(Vector vector) {
    ChannelException failure = catchThrowableOfType(ChannelException.class, () -> decode(vector));
    assertThat(failure).isNotNull();
    assertThat(failure.reason().code().name())
        .as("%s", failure)
        .isEqualTo(vector.error().get("code"));
    // What ends the channel, and what only this receive: rule CH-25.
    boolean one = failure instanceof MessageRejected || failure instanceof LimitExceeded;
    assertThat(one ? "message" : "channel").isEqualTo(vector.error().get("scope"));
    if (vector.error().get("limit") instanceof String limit) {
      assertThat(failure.reason().message()).startsWith(limit + ":");
    }
  }

  /** A value in the words of the vectors. */
  private @Nullable Object words(@Nullable Object value) throws Exception {
    if (value instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> words = new LinkedHashMap<>();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        words.put((String) entry.getKey(), words(entry.getValue()));
      }
      return words;
    }
    if (value instanceof List<?> list) {
      List<@Nullable Object> words = new ArrayList<>();
      for (Object one : list) {
        words.add(words(one));
      }
      return words;
    }
    if (value instanceof Record message) {
      Map<String, @Nullable Object> words = new LinkedHashMap<>();
      for (RecordComponent component : message.getClass().getRecordComponents()) {
        words.put(component.getName(), words(component.getAccessor().invoke(message)));
      }
      return words;
    }
    if (value instanceof byte[] bytes) {
      return Map.of("$bytes", HexFormat.of().formatHex(bytes));
    }
    if (value instanceof Sender<?> sender) {
      return Map.of("$attachment", (long) table.indexOf(sender));
    }
    if (value instanceof BigInteger large) {
      return Map.of("$integer", large.toString());
    }
    return value instanceof Integer number ? (Object) number.longValue() : value;
  }

  private Object value(Vector vector) {
    Object value = value(vector.value("means"));
    if (type(vector) == Object.class) {
      return value;
    }
    Map<String, Object> fields = Vectors.map(value);
    Number id = (Number) fields.get("id");
    Number load = (Number) fields.get("load");
    boolean urgent = Boolean.TRUE.equals(fields.get("urgent"));
    String name = (String) fields.get("name");
    List<String> tags = tags(fields.get("tags"));
    byte[] key = (byte[]) fields.get("key");
    return type(vector) == Order.class
        ? new Order(id.intValue(), name, load.doubleValue(), urgent, tags, key, sender(fields))
        : new ProtobufOrder(
            id.intValue(), name, load.doubleValue(), urgent, tags, key, sender(fields));
  }

  @SuppressWarnings("unchecked")
  private static List<String> tags(Object tags) {
    return (List<String>) tags;
  }

  @SuppressWarnings("unchecked")
  private static <T> @Nullable Sender<T> sender(Map<String, Object> fields) {
    return (Sender<T>) fields.get("reply");
  }

  private Object value(Object words) {
    if (words instanceof List<?> list) {
      List<Object> values = new ArrayList<>();
      list.forEach(one -> values.add(value(one)));
      return values;
    }
    if (!(words instanceof Map<?, ?> map)) {
      return words;
    }
    if (map.get("$bytes") instanceof String bytes) {
      return Vectors.hex(bytes);
    }
    if (map.get("$attachment") instanceof Long index) {
      return table.get(index.intValue());
    }
    if (map.get("$integer") instanceof String large) {
      return new BigInteger(large);
    }
    Map<String, Object> values = new LinkedHashMap<>();
    map.forEach((key, one) -> values.put((String) key, value(one)));
    return values;
  }
}
