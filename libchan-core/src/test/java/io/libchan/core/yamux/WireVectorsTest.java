package io.libchan.core.yamux;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.spi.StreamHeaders;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Vectors;
import io.libchan.testkit.Vectors.Vector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The good vectors of yamux and of preambles, read and written. */
final class WireVectorsTest {
  private static final List<String> TYPES =
      List.of("DATA", "WINDOW_UPDATE", "PING", "GO_AWAY", "BODY", "PARK");
  private static final List<String> FLAGS = List.of("SYN", "ACK", "FIN", "RST");
  private static final List<String> BODIES = List.of("STREAM", "PARKED", "CONTROL", "CONTINUED");

  static List<Vector> yamux() {
    return Stream.of("yamux.json", "body.json")
        .flatMap(file -> Vectors.good(file).stream())
        .toList();
  }

  static List<Vector> preambles() {
    return Vectors.good("preamble.json");
  }

  @ParameterizedTest
  @MethodSource("yamux")
  @Rule({"MUX-5", "MUX-20", "BOD-2"})
  void aFrameMeansWhatItSays(Vector vector) throws Exception {
    Map<String, Object> read = new LinkedHashMap<>();
    FrameCutter cutter = new FrameCutter(Wire.PARK);
    for (byte one : vector.bytes()) { // one at a time: borders mean nothing
      cutter.read(ByteBuffer.wrap(new byte[] {one}), new Frame(read));
    }
    assertThat(read).isEqualTo(vector.means());
  }

  @ParameterizedTest
  @MethodSource("yamux")
  @Rule({"MUX-1", "MUX-3"})
  void aFrameIsWrittenAsItStands(Vector vector) {
    Map<String, Object> means = vector.means();
    byte[] payload = Vectors.hex(means.getOrDefault("payload", ""));
    ByteBuffer out = ByteBuffer.allocate(Wire.HEADER_BYTES + payload.length);
    int type = TYPES.indexOf(means.get("type"));
    int flags = 0;
    for (Object flag : Vectors.list(vector.means().get("flags"))) {
      flags |= 1 << flagsOf(type).indexOf(flag);
    }
    Wire.header(out, type, flags, number(means, "stream"), number(means, "length"));
    byte[] bytes = vector.bytes();
    bytes[2] = 0; // an unknown flag has no name
    assertThat(out.put(payload).array()).isEqualTo(bytes);
  }

  private static List<String> flagsOf(int type) {
    return type == Wire.BODY ? BODIES : FLAGS;
  }

  private static int number(Map<String, Object> means, String field) {
    return ((Number) means.get(field)).intValue();
  }

  @ParameterizedTest
  @MethodSource("preambles")
  @Rule({"PRE-4", "PRE-11"})
  void aPreambleMeansWhatItSays(Vector vector) throws Exception {
    assertThat(headers(vector)).isEqualTo(expected(vector.means()));
  }

  @ParameterizedTest
  @MethodSource("preambles")
  @Rule("PRE-1")
  void aPreambleIsWrittenAsItStands(Vector vector) throws Exception {
    if (vector.isWritten()) {
      assertThat(Preamble.encode(expected(vector.means()))).isEqualTo(vector.bytes());
    } else {
      byte[] own = Preamble.encode(expected(vector.means()));
      assertThat(Preamble.decode(ByteBuffer.wrap(own, 2, own.length - 2).slice()))
          .isEqualTo(headers(vector));
    }
  }

  private static StreamHeaders headers(Vector vector) throws Exception {
    PreambleReader reader = new PreambleReader();
    ByteBuffer whole = null;
    for (byte one : vector.bytes()) {
      assertThat(whole).isNull();
      whole = reader.read(ByteBuffer.wrap(new byte[] {one}), 8192);
    }
    assertThat(whole).isNotNull();
    return Preamble.decode(whole);
  }

  private static StreamHeaders expected(Map<String, Object> means) {
    Map<Integer, String> extra = new HashMap<>();
    Vectors.map(means.get("headers"))
        .forEach((key, value) -> extra.put(Integer.valueOf(key), (String) value));
    return new StreamHeaders(
        ((Number) means.get("reference")).longValue(),
        StreamHeaders.Kind.of(number(means, "kind")),
        (String) means.get("name"),
        (String) means.get("codec"),
        number(means, "capacity"),
        ((Number) means.get("parent")).longValue(),
        extra);
  }

  /** Notes a frame in the words of the vectors. */
  private record Frame(Map<String, Object> read) implements FrameCutter.Sink {
    @Override
    public boolean isReading() {
      return true;
    }

    @Override
    public void frame(int type, int flags, int stream, int length) {
      assertThat(read).isEmpty();
      read.put("type", TYPES.get(type));
      List<Object> names = new ArrayList<>();
      for (int i = 0; i < FLAGS.size(); i++) {
        if ((flags & 1 << i) != 0) {
          names.add(flagsOf(type).get(i));
        }
      }
      read.put("flags", names);
      read.put("stream", (long) stream);
      read.put("length", Integer.toUnsignedLong(length));
    }

    @Override
    public void payload(ByteBuffer part, boolean last) {
      byte[] bytes = new byte[part.remaining()];
      part.get(bytes);
      read.merge("payload", HexFormat.of().formatHex(bytes), (one, two) -> one + "" + two);
    }
  }
}
