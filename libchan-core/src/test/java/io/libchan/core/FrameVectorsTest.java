package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Reason;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Vectors;
import io.libchan.testkit.Vectors.Vector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The good vectors of HELLO, of all other frames and of reasons, read and written. */
final class FrameVectorsTest {
  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(Frames.DRAIN, "DRAIN"),
          Map.entry(Frames.SESSION_END, "SESSION_END"),
          Map.entry(Frames.JOINED, "JOINED"),
          Map.entry(Frames.TAKEN, "TAKEN"),
          Map.entry(Frames.MESSAGE, "MESSAGE"),
          Map.entry(Frames.CLOSE, "CLOSE"),
          Map.entry(Frames.FLUSH, "FLUSH"),
          Map.entry(Frames.WITHDRAW, "WITHDRAW"),
          Map.entry(Frames.ECHO, "ECHO"),
          Map.entry(Frames.ACK, "ACK"),
          Map.entry(Frames.CANCEL, "CANCEL"),
          Map.entry(Frames.WITHDRAWN, "WITHDRAWN"));

  static List<Vector> hellos() {
    return Vectors.good("hello.json");
  }

  static List<Vector> frames() {
    return Stream.of("control.json", "forward.json", "backward.json")
        .flatMap(file -> Vectors.good(file).stream())
        .toList();
  }

  static List<Vector> reasons() {
    return Vectors.good("reason.json");
  }

  /** One frame, cut from bytes that come one at a time. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Cut(int kind, byte[] body) {
    static Cut from(byte[] bytes) throws Failure {
      List<Cut> cut = new ArrayList<>();
      FrameReader begun = null;
      for (byte one : bytes) {
        begun =
            FrameReader.read(
                begun,
                ByteBuffer.wrap(new byte[] {one}),
                new FrameReader.Sink() {
                  @Override
                  public int limit(int kind) {
                    return 16_384;
                  }

                  @Override
                  public void frame(int kind, byte[] body) {
                    cut.add(new Cut(kind, body));
                  }
                });
      }
      assertThat(begun).isNull();
      assertThat(cut).hasSize(1);
      return cut.get(0);
    }
  }

  @ParameterizedTest
  @MethodSource("hellos")
  @Rule({"CTL-8", "FRM-4"})
  void aHelloMeansWhatItSays(Vector vector) throws Exception {
    Cut cut = Cut.from(vector.bytes());
    assertThat(cut.kind()).isEqualTo(Frames.HELLO);
    Hello hello = Hello.parse(cut.body());
    Map<String, Object> read = new HashMap<>();
    read.put("version", hello.version());
    read.put("node", hello.node());
    read.put("codecs", hello.codecs());
    read.put("streams", (long) hello.streams());
    read.put("messageBytes", (long) hello.messageBytes());
    read.put("credentials", HexFormat.of().formatHex(hello.credentials()));
    read.put("attachments", (long) hello.maxAttachments());
    read.put("descriptors", (long) hello.descriptors());
    assertThat(read).isEqualTo(vector.means());
  }

  @ParameterizedTest
  @MethodSource("hellos")
  @Rule("CTL-1")
  void aHelloIsWrittenAsItStands(Vector vector) {
    Map<String, Object> means = vector.means();
    Hello hello =
        new Hello(
            (String) means.get("version"),
            (String) means.get("node"),
            Vectors.list(means.get("codecs")).stream().map(String.class::cast).toList(),
            number(means, "streams"),
            number(means, "messageBytes"),
            number(means, "attachments"),
            number(means, "descriptors"),
            Vectors.hex(means.get("credentials")));
    if (vector.isWritten()) {
      assertThat(hello.frame()).isEqualTo(vector.bytes());
    }
  }

  @ParameterizedTest
  @MethodSource("frames")
  @Rule({"FRM-3", "FRM-4", "ATT-11"})
  void aFrameMeansWhatItSays(Vector vector) throws Exception {
    Cut cut = Cut.from(vector.bytes());
    Map<String, Object> read = new HashMap<>();
    read.put("frame", NAMES.get(cut.kind()));
    ByteBuffer in = ByteBuffer.wrap(cut.body());
    switch (cut.kind()) {
      case Frames.DRAIN, Frames.FLUSH -> {}
      case Frames.CLOSE, Frames.CANCEL, Frames.SESSION_END ->
          read.put("reason", words(Frames.reason(cut.body())));
      case Frames.JOINED -> read.put("references", List.of(in.getLong(), in.getLong()));
      case Frames.MESSAGE -> message(in, read);
      default -> read.put(field(cut.kind()), in.getLong());
    }
    assertThat(read).isEqualTo(vector.means());
  }

  private static void message(ByteBuffer in, Map<String, Object> read) throws Failure {
    List<Object> attachments = new ArrayList<>();
    for (int left = in.getShort(); left > 0; left--) {
      Incoming.Named named = Incoming.named(in);
      int type = named.kind.number() + (named.isDescriptor ? Names.DESCRIPTOR : 0);
      attachments.add(Map.of("type", (long) type, "reference", named.reference));
    }
    byte[] body = new byte[in.remaining()];
    in.get(body);
    read.put("attachments", attachments);
    read.put("body", HexFormat.of().formatHex(body));
  }

  private static String field(int kind) {
    return switch (kind) {
      case Frames.ECHO -> "reference";
      case Frames.ACK, Frames.TAKEN -> "count";
      default -> "number";
    };
  }

  @ParameterizedTest
  @MethodSource("frames")
  @Rule("FRM-3")
  void aFrameIsWrittenAsItStands(Vector vector) {
    Map<String, Object> means = vector.means();
    int kind =
        NAMES.entrySet().stream()
            .filter(one -> one.getValue().equals(means.get("frame")))
            .findFirst()
            .orElseThrow()
            .getKey();
    byte[] written =
        switch (kind) {
          case Frames.DRAIN, Frames.FLUSH -> Frames.empty(kind);
          case Frames.CLOSE, Frames.CANCEL, Frames.SESSION_END ->
              Frames.reason(kind, reason(Vectors.map(means.get("reason"))));
          case Frames.JOINED -> {
            List<Object> both = Vectors.list(means.get("references"));
            yield Frames.joined((Long) both.get(0), (Long) both.get(1));
          }
          case Frames.MESSAGE -> message(means);
          default -> Frames.count(kind, ((Number) means.get(field(kind))).longValue());
        };
    assertThat(written).isEqualTo(vector.bytes());
  }

  private static byte[] message(Map<String, Object> means) {
    List<Object> attachments = Vectors.list(means.get("attachments"));
    byte[] body = Vectors.hex(means.get("body"));
    int length = 2 + Names.ENTRY_BYTES * attachments.size() + body.length;
    ByteBuffer out = ByteBuffer.allocate(Frames.HEADER_BYTES + length);
    out.put((byte) Frames.MESSAGE).putInt(length).putShort((short) attachments.size());
    for (Object one : attachments) {
      Map<String, Object> entry = Vectors.map(one);
      Names.put(out, number(entry, "type"), number(entry, "reference"));
    }
    return out.put(body).array();
  }

  @ParameterizedTest
  @MethodSource("reasons")
  @Rule({"CH-30", "CH-31"})
  void aReasonMeansWhatItSaysAndIsWrittenAsItStands(Vector vector) {
    assertThat(words(Frames.reason(vector.bytes()))).isEqualTo(vector.means());
    if (vector.isWritten()) {
      byte[] frame = Frames.reason(Frames.CLOSE, reason(vector.means()));
      byte[] body = java.util.Arrays.copyOfRange(frame, Frames.HEADER_BYTES, frame.length);
      assertThat(body).isEqualTo(vector.bytes());
    }
  }

  @ParameterizedTest
  @MethodSource("badReasons")
  @Rule({"CH-30", "FRM-3"})
  void aMalformedReasonIsNone(Vector vector) {
    assertThat(Frames.reason(vector.bytes())).isNull();
  }

  static List<Vector> badReasons() {
    return Vectors.bad("reason.json");
  }

  private static Map<String, Object> words(Reason reason) {
    assertThat(reason).isNotNull();
    return Map.of(
        "number", (long) reason.number(),
        "text", reason.message(),
        "origin", reason.origin(),
        "hops", reason.hops());
  }

  private static Reason reason(Map<String, Object> words) {
    return new Reason(
        number(words, "number"),
        (String) words.get("text"),
        (String) words.get("origin"),
        Vectors.list(words.get("hops")).stream().map(String.class::cast).toList());
  }

  private static int number(Map<String, Object> means, String field) {
    return ((Number) means.get(field)).intValue();
  }
}
