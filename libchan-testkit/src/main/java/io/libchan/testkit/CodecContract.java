package io.libchan.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.ProtocolViolation;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.TypeRef;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What every codec that carries Java types must do, in any syntax. A codec's test extends this and
 * adds its bytes.
 *
 * <p>Not thread-safe.
 */
public abstract class CodecContract {
  /** The attachments of the message at hand, in the order of their indexes. */
  protected final List<Object> table = new ArrayList<>();

  /** What was taken from {@link #table}: kind and element type. */
  protected final List<String> taken = new ArrayList<>();

  /** For subclasses. */
  protected CodecContract() {}

  /** The codec under test. */
  protected abstract Codec codec();

  /** A message with many shapes in it. */
  public record Job(
      int id,
      String name,
      double load,
      float share,
      boolean urgent,
      byte small,
      short middle,
      long large,
      char letter,
      Color color,
      List<String> tags,
      Map<String, Integer> counts,
      Part part) {}

  /** A nested record. */
  public record Part(String text, List<Part> parts) {}

  /** An enum. */
  public enum Color {
    /** One. */
    RED,
    /** Another. */
    GREEN
  }

  /** Numbers without bounds. */
  public record Numbers(BigInteger whole, BigDecimal decimal, Long boxed) {}

  /** Times. */
  public record Times(
      Instant instant,
      Duration duration,
      LocalDate date,
      LocalTime time,
      OffsetDateTime offset,
      ZonedDateTime zoned) {}

  /** A record without fields. */
  public record Ping() {}

  /** A plain class. */
  public static final class Plain {
    /** A public field. */
    public int count;

    private String name = "";

    /** For the codec. */
    public Plain() {}

    /** A property. */
    public String getName() {
      return name;
    }

    /** A property. */
    public void setName(String newName) {
      name = newName;
    }
  }

  /** Attachments of every kind, typed. */
  public record Ends(
      Sender<Part> sender,
      Receiver<List<Sender<Part>>> receiver,
      ByteStream bytes,
      InputStream in,
      OutputStream out,
      List<Receiver<Part>> list,
      Map<String, Sender<Color>> map) {}

  /** One end. */
  public record One(@Nullable Sender<Part> end) {}

  /** Something of any type. */
  public record Any(Object any) {}

  /** An integer. */
  public record Int(int x) {}

  /** Text. */
  public record Text(String x) {}

  /** Bytes. */
  @SuppressWarnings("ArrayRecordComponent") // a message may have them
  public record Bin(byte[] x) {}

  /** Fails in its constructor. */
  public record Bad(int x) {
    /** Throws. */
    public Bad {
      if (x == 1) {
        throw new IllegalStateException("mine");
      }
      if (x == 2) {
        throw new StackOverflowError();
      }
      if (x == 3) {
        throw new AssertionError("mine");
      }
      if (x == 4) {
        throw new OutOfMemoryError("mine");
      }
    }
  }

  /** Fails when it is written. */
  public static final class BadGetter {
    /** For the codec. */
    public BadGetter() {}

    /** Throws. */
    @SuppressWarnings("DoNotCallSuggester") // the codec calls it
    public int getX() {
      throw new IllegalStateException("mine");
    }
  }

  // Round trips.

  @Test
  @Rule("COD-12")
  void recordsComeBackEqual() throws Exception {
    Job job =
        new Job(
            -1,
            "h\u00e9llo \ud83d\ude00 \"\\\n\0",
            Double.MIN_VALUE,
            1.1f,
            true,
            (byte) -128,
            Short.MIN_VALUE,
            Long.MIN_VALUE,
            '\u20ac',
            Color.GREEN,
            List.of("", "x".repeat(40), "y".repeat(300), "z".repeat(70_000)),
            Map.of("a", 1, "", Integer.MAX_VALUE),
            new Part("p", List.of(new Part("q", List.of()), new Part("r", List.of()))));
    assertThat(trip(job, Job.class)).isEqualTo(job);
  }

  @Test
  @Rule("COD-12")
  void numbersComeBackEqual() throws Exception {
    for (int bits = 0; bits < 64; bits++) {
      for (long step = -2; step <= 2; step++) {
        long value = (1L << bits) + step;
        Numbers numbers =
            new Numbers(
                BigInteger.valueOf(value).shiftLeft(bits), new BigDecimal(value + ".10e7"), -value);
        assertThat(trip(numbers, Numbers.class)).isEqualTo(numbers);
        assertThat(trip(value, Long.class)).isEqualTo(value);
      }
    }
    for (double value :
        new double[] {0, -0.0, Double.MAX_VALUE, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThat(trip(value, Double.class)).isEqualTo(value);
    }
  }

  @Test
  @Rule("COD-13")
  void timesComeBackExact() throws Exception {
    ZonedDateTime zoned = ZonedDateTime.parse("2024-10-27T02:30:00.123456789+01:00[Europe/Berlin]");
    for (Instant instant :
        List.of(Instant.EPOCH.minusNanos(1), Instant.ofEpochSecond(1, 1), Instant.MAX)) {
      Times times =
          new Times(
              instant,
              Duration.ofSeconds(-5, 1),
              LocalDate.MIN,
              LocalTime.MAX,
              OffsetDateTime.of(2024, 2, 29, 1, 2, 3, 4, ZoneOffset.ofHours(-7)),
              zoned);
      assertThat(trip(times, Times.class)).isEqualTo(times);
    }
  }

  @Test
  @Rule("COD-14")
  void bytesComeBackEqual() throws Exception {
    for (int size : new int[] {0, 1, 255, 256, 65_535, 65_536, 100_000}) {
      byte[] bytes = new byte[size];
      new Random(size).nextBytes(bytes);
      assertThat(((Bin) trip(new Bin(bytes), Bin.class)).x()).isEqualTo(bytes);
    }
  }

  @Test
  void plainClassesAndEmptyRecordsComeBack() throws Exception {
    Plain plain = new Plain();
    plain.count = 3;
    plain.setName("n");
    Plain back = (Plain) trip(plain, Plain.class);
    assertThat(back.count).isEqualTo(3);
    assertThat(back.getName()).isEqualTo("n");
    assertThat(trip(new Ping(), Ping.class)).isEqualTo(new Ping());
    UUID id = new UUID(1, 2);
    assertThat(trip(id, UUID.class)).isEqualTo(id);
  }

  @Test
  void genericAndUntypedMessagesComeBack() throws Exception {
    Map<String, List<Part>> typed = Map.of("k", List.of(new Part("x", List.of())));
    assertThat(trip(typed, new TypeRef<Map<String, List<Part>>>() {}.type())).isEqualTo(typed);
    Map<String, Object> untyped = new LinkedHashMap<>();
    untyped.put("text", "x");
    untyped.put("none", null);
    untyped.put("list", Arrays.asList(1, 2L + Integer.MAX_VALUE, 1.5, true, null, List.of()));
    untyped.put("map", Map.of("a", Map.of("b", false)));
    assertThat(trip(untyped, Object.class)).isEqualTo(untyped);
    assertThat(trip(untyped, Map.class)).isEqualTo(untyped);
  }

  @Test
  void containersOfEverySizeComeBack() throws Exception {
    for (int size : new int[] {0, 1, 15, 16, 17, 255, 256, 65_535, 65_536}) {
      List<Integer> list = Collections.nCopies(size, 7);
      assertThat(trip(list, new TypeRef<List<Integer>>() {}.type())).isEqualTo(list);
    }
    Map<String, List<Integer>> map = new LinkedHashMap<>();
    for (int i = 0; i < 40; i++) {
      map.put("key" + i, Collections.nCopies(i, i));
    }
    assertThat(trip(map, new TypeRef<Map<String, List<Integer>>>() {}.type())).isEqualTo(map);
  }

  @Test
  @Rule("COD-12")
  void randomTreesComeBackEqual() throws Exception {
    Random random = new Random(7);
    for (int i = 0; i < 2000; i++) {
      Object tree = List.of(randomTree(random, 5));
      assertThat(trip(tree, Object.class)).isEqualTo(tree);
    }
  }

  private static Object randomTree(Random random, int depth) {
    return switch (random.nextInt(depth == 0 ? 5 : 7)) {
      case 0 -> random.nextInt() >> random.nextInt(32);
      case 1 -> Long.MAX_VALUE - random.nextInt(Integer.MAX_VALUE);
      case 2 -> random.nextGaussian();
      case 3 -> random.nextBoolean();
      case 4 -> text(random);
      case 5 -> randomList(random, depth);
      default -> randomMap(random, depth);
    };
  }

  private static List<Object> randomList(Random random, int depth) {
    List<Object> list = new ArrayList<>();
    for (int i = random.nextInt(20); i > 0; i--) {
      list.add(randomTree(random, depth - 1));
    }
    return list;
  }

  private static Map<String, Object> randomMap(Random random, int depth) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = random.nextInt(20); i > 0; i--) {
      map.put(text(random), randomTree(random, depth - 1));
    }
    return map;
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(40); i > 0; i--) {
      int c = random.nextInt(0x110000) >>> random.nextInt(16);
      text.appendCodePoint(c >= 0xd800 && c < 0xe000 ? 'x' : c);
    }
    return text.toString();
  }

  // Attachments.

  @Test
  @Rule("COD-10")
  void typedAttachmentsComeBack() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    Ends ends =
        new Ends(
            Channel.of(Part.class).sender(),
            Channel.of(new TypeRef<List<Sender<Part>>>() {}).receiver(),
            pair.left(),
            new ByteArrayInputStream(new byte[0]),
            new ByteArrayOutputStream(),
            List.of(Channel.of(Part.class).receiver(), Channel.of(Part.class).receiver()),
            Map.of("k", Channel.of(Color.class).sender()));
    Ends back = (Ends) trip(ends, Ends.class);
    assertThat(back).isEqualTo(ends);
    assertThat(table).hasSize(8);
    String part = Part.class.getTypeName();
    assertThat(taken)
        .containsExactly(
            "Sender " + part,
            "Receiver java.util.List<io.libchan.Sender<" + part + ">>",
            "ByteStream null",
            "InputStream null",
            "OutputStream null",
            "Receiver " + part,
            "Receiver " + part,
            "Sender " + Color.class.getTypeName());
  }

  @Test
  @Rule("COD-10")
  void elementTypesEqualTheJdks() throws Exception {
    Type type = new TypeRef<Sender<List<Sender<Part[]>>>>() {}.type();
    AtomicReference<Type> seen = new AtomicReference<>();
    byte[] bytes = encode(Channel.of(Object.class).sender(), type);
    codec()
        .format(type, Limits.DEFAULTS)
        .decode(
            bytes,
            0,
            bytes.length,
            (index, as, element) -> {
              seen.set(element);
              return table.get(index);
            });
    Type expected = new TypeRef<List<Sender<Part[]>>>() {}.type();
    assertThat(seen.get()).isEqualTo(expected).hasSameHashCodeAs(expected);
    assertThat(expected).isEqualTo(seen.get());
  }

  @Test
  void anEndMayBeTheMessageAndFieldsMayBeNull() throws Exception {
    Sender<Part> end = Channel.of(Part.class).sender();
    assertThat(trip(end, new TypeRef<Sender<Part>>() {}.type())).isSameAs(end);
    assertThat(trip(new One(null), One.class)).isEqualTo(new One(null));
  }

  @Test
  @Rule("COD-10")
  void untypedAttachmentsComeBack() throws Exception {
    Object end = Channel.of(Part.class).sender();
    Object in = new ByteArrayInputStream(new byte[1]);
    Map<String, Object> message = Map.of("list", List.of(end, Map.of("in", in)));
    assertThat(trip(message, Map.class)).isEqualTo(message);
    assertThat(taken).containsExactly("Object null", "Object null");
    assertThat(trip(new Any(end), Any.class)).isEqualTo(new Any(end));
  }

  @Test
  @Rule("COD-11")
  void attachmentsOfUnknownFieldsAreNotTaken() throws Exception {
    for (List<String> order : List.of(List.of("x", "y", "z"), List.of("z", "y", "x"))) {
      Map<String, Object> message = new LinkedHashMap<>();
      for (String key : order) {
        message.put(key, key.equals("x") ? 5 : List.of(Channel.of(Part.class).sender(), Map.of()));
      }
      assertThat(decode(encode(message, Object.class), Int.class)).isEqualTo(new Int(5));
    }
    assertThat(taken).isEmpty();
  }

  @Test
  @Rule("COD-10")
  void kindsAreNotConfused() throws Exception {
    byte[] end = encode(Map.of("x", Channel.of(Part.class).sender()), Object.class);
    for (Class<?> type : List.of(Int.class, Text.class, Bin.class, Times.class)) {
      Map<String, Object> named = Map.of("instant", Channel.of(Part.class).sender());
      rejected(type == Times.class ? encode(named, Object.class) : end, type);
    }
    rejected(end, new TypeRef<Map<String, String>>() {}.type());
    for (Object other : List.of(0, "x", true, 1.5, List.of(0), Map.of("a", 0), new byte[2])) {
      rejected(encode(Map.of("end", other), Object.class), One.class);
    }
    assertThat(taken).isEmpty();
  }

  @Test
  @Rule("ATT-5")
  void refusalsOfTheTableComeOutAsTheyAre() throws Exception {
    Type type = new TypeRef<List<Map<String, One>>>() {}.type();
    byte[] bytes = encode(List.of(Map.of("k", new One(Channel.of(Part.class).sender()))), type);
    MessageRejected refusal =
        new MessageRejected(Reason.of(ReasonCode.REF_NOT_FOUND, "attachment 0 was taken already"));
    Throwable thrown =
        catchThrowable(
            () ->
                codec()
                    .format(type, Limits.DEFAULTS)
                    .decode(
                        bytes,
                        0,
                        bytes.length,
                        (index, as, element) -> {
                          throw refusal;
                        }));
    assertThat(thrown).isSameAs(refusal);
  }

  @Test
  void refusalsWhileWritingComeOutAsTheyAre() {
    Type type = new TypeRef<List<One>>() {}.type();
    One one = new One(Channel.of(Part.class).sender());
    for (Exception refusal :
        List.of(
            new IllegalStateException("sent away"),
            new IllegalArgumentException("not ours"),
            new LimitExceeded(Reason.limit("attachments", "too many")))) {
      Throwable thrown =
          catchThrowable(
              () ->
                  codec()
                      .format(type, Limits.DEFAULTS)
                      .encode(
                          List.of(one),
                          end -> {
                            if (refusal instanceof ChannelException e) {
                              throw e;
                            }
                            throw (RuntimeException) refusal;
                          },
                          new EncodeBuffer(1000)));
      assertThat(thrown).isSameAs(refusal);
    }
  }

  // What does not fit.

  @Test
  @Rule("COD-12")
  void valuesThatDoNotFitAreRejected() throws Exception {
    for (Object x :
        Arrays.asList(1L << 40, 1L << 31, -1L - (1L << 31), 1.5, 1.0, "1", "", true, List.of(1))) {
      rejected(encode(Collections.singletonMap("x", x), Object.class), Int.class);
    }
    for (Object x : List.of(1, true, 1.5, List.of(), Map.of())) {
      rejected(encode(Map.of("x", x), Object.class), Text.class);
    }
    rejected(encode("PURPLE", String.class), Color.class);
    rejected(encode(0, Integer.class), Color.class);
    rejected(encode(1 << 20, Integer.class), Short.class);
    rejected(encode(List.of(), Object.class), Int.class);
    rejected(encode("no time", String.class), Instant.class);
  }

  @Test
  @Rule({"COD-15", "SEC-9"})
  void rejectionsTellThePathOnly() throws Exception {
    String secret = "secret".repeat(1000);
    byte[] bytes = encode(Map.of("id", 1, "counts", Map.of("a", secret)), Object.class);
    MessageRejected rejection = rejected(bytes, Job.class);
    assertThat(rejection).hasMessageContaining(".counts.a").hasNoCause();
    assertThat(rejection.getMessage()).doesNotContain("secret").hasSizeLessThan(260);
    bytes = encode(Map.of("counts", Map.of("k\n".repeat(9000), secret)), Object.class);
    assertThat(rejected(bytes, Job.class).getMessage()).doesNotContain("\n").hasSizeLessThan(260);
  }

  @Test
  @Rule("COD-2")
  void nullIsRejected() throws Exception {
    byte[] list = encode(Collections.singletonList(null), Object.class);
    byte[] one = encode(new Ping(), Ping.class);
    byte[] nil = nil();
    assertThat(decode(list, Object.class)).isEqualTo(Collections.singletonList(null));
    assertThat(decode(one, Object.class)).isEqualTo(Map.of());
    for (Type type : List.of(Object.class, Int.class, Integer.class, Map.class)) {
      rejected(nil, type);
    }
  }

  /** The bytes of null. */
  protected abstract byte[] nil();

  // Application code that fails.

  @Test
  void whatApplicationCodeThrowsIsTheCauseOfARejection() throws Exception {
    for (int x = 1; x <= 3; x++) {
      Throwable cause =
          rejected(
                  encode(List.of(Map.of("x", x)), Object.class), new TypeRef<List<Bad>>() {}.type())
              .getCause();
      assertThat(cause)
          .isInstanceOfAny(
              IllegalStateException.class, StackOverflowError.class, AssertionError.class);
    }
    byte[] fatal = encode(Map.of("x", 4), Object.class);
    assertThat(catchThrowable(() -> decode(fatal, Bad.class))).isInstanceOf(OutOfMemoryError.class);
    Throwable thrown = catchThrowable(() -> encode(new BadGetter(), BadGetter.class));
    assertThat(thrown)
        .isInstanceOf(MessageRejected.class)
        .hasRootCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void whatCannotBeWrittenIsRejected() {
    List<Object> loop = new ArrayList<>();
    loop.add(loop);
    for (Object message : List.of(new Object(), Channel.of(Part.class), loop, Map.of("a", this))) {
      assertThat(catchThrowable(() -> encode(message, Object.class)))
          .isInstanceOfAny(MessageRejected.class, LimitExceeded.class);
    }
  }

  @Test
  @Rule("COD-3")
  void keysThatComeTwiceAreNotWritten() {
    Map<Object, Object> twice = new LinkedHashMap<>();
    twice.put(1, "a");
    twice.put("1", "b");
    assertThat(catchThrowable(() -> encode(List.of(twice), Object.class)))
        .isInstanceOf(MessageRejected.class);
  }

  // Limits.

  @Test
  @Rule("LIM-1")
  void theLimitOnBytesComesOutAsItIs() throws Exception {
    for (Object message :
        List.of("x".repeat(300), List.of("abc", 5, Collections.nCopies(40, 1)), new byte[9000])) {
      int size = encode(message, Object.class).length;
      encode(message, Object.class, new EncodeBuffer(size));
      for (int max : new int[] {size - 1, size / 2, 1}) {
        limit(
            "message-bytes",
            catchThrowable(() -> encode(message, Object.class, new EncodeBuffer(max))));
      }
    }
  }

  @Test
  @Rule("COD-4")
  void theLimitOnDepth() throws Exception {
    Object nested = List.of();
    for (int depth = 1; depth <= 8; depth++) {
      byte[] bytes = encode(nested, Object.class);
      Limits limits = Limits.DEFAULTS.withMaxDepth(7);
      if (depth <= 7) {
        assertThat(decode(bytes, Object.class, limits)).isEqualTo(nested);
      } else {
        limit("depth", catchThrowable(() -> decode(bytes, Object.class, limits)));
        byte[] ignored = encode(Map.of("y", nested), Object.class);
        limit("depth", catchThrowable(() -> decode(ignored, Int.class, limits)));
      }
      nested = depth % 2 == 0 ? List.of(nested) : Map.of("k", nested);
    }
    byte[] scalar = encode(5, Integer.class);
    assertThat(decode(scalar, Integer.class, Limits.DEFAULTS.withMaxDepth(1))).isEqualTo(5);
  }

  @Test
  @Rule("COD-5")
  void theLimitOnElements() throws Exception {
    Limits limits = Limits.DEFAULTS.withMaxElements(12);
    for (int more = 1; more <= 3; more++) {
      Object message = Map.of("a", List.of(1, 2, 3), "b", Collections.nCopies(5 + more, "x"));
      byte[] bytes = encode(message, Object.class);
      if (more <= 2) {
        assertThat(decode(bytes, Object.class, limits)).isEqualTo(message);
      } else {
        limit("elements", catchThrowable(() -> decode(bytes, Object.class, limits)));
      }
    }
  }

  @Test
  @Rule("COD-6")
  void theLimitOnStrings() throws Exception {
    Limits limits = Limits.DEFAULTS.withMaxStringBytes(40);
    for (String text : List.of("x".repeat(39), "x".repeat(40), "\u20ac".repeat(13) + "x")) {
      assertThat(decode(encode(text, String.class), String.class, limits)).isEqualTo(text);
      Map<String, Integer> key = Map.of(text, 1);
      assertThat(decode(encode(key, Object.class), Object.class, limits)).isEqualTo(key);
    }
    for (Object message :
        List.of(
            "x".repeat(41),
            "\u20ac".repeat(13) + "xy",
            Map.of("x".repeat(41), 1),
            List.of(new byte[41]))) {
      byte[] bytes = encode(message, Object.class);
      limit("string-bytes", catchThrowable(() -> decode(bytes, Object.class, limits)));
      byte[] ignored = encode(Map.of("y", message), Object.class);
      limit("string-bytes", catchThrowable(() -> decode(ignored, Int.class, limits)));
    }
  }

  @Test
  @Rule("COD-4")
  void greatDepthIsALimit() throws Exception {
    byte[] open = deep(100_000);
    for (Type type : List.of(Object.class, Part.class, List.class, Int.class)) {
      limit("depth", onSmallStack(() -> decode(open, type)));
    }
  }

  /** So many containers, one in the other; whether they are closed does not matter. */
  protected abstract byte[] deep(int levels);

  private static Throwable onSmallStack(org.assertj.core.api.ThrowableAssert.ThrowingCallable call)
      throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread = new Thread(null, () -> thrown.set(catchThrowable(call)), "small", 256 * 1024);
    thread.start();
    thread.join();
    return Objects.requireNonNull(thrown.get());
  }

  // Bad bytes.

  @Test
  @Rule("COD-3")
  void everyPrefixIsMalformed() throws Exception {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("x", 70_000);
    message.put("text", "h\u00e9\u20ac");
    message.put("long", "y".repeat(300));
    message.put("list", List.of(1.5, true, new byte[3], Channel.of(Part.class).sender()));
    byte[] bytes = encode(message, Object.class);
    assertThat(decode(bytes, Int.class)).isEqualTo(new Int(70_000));
    for (int length = 0; length < bytes.length; length++) {
      byte[] prefix = Arrays.copyOf(bytes, length);
      for (Type type : List.of(Object.class, Int.class)) {
        malformed(prefix, type);
      }
    }
  }

  @Test
  @Rule("COD-1")
  void bytesAfterTheValueAreMalformed() throws Exception {
    byte[] bytes = encode(new Int(5), Int.class);
    byte[] around = new byte[bytes.length + 20];
    Arrays.fill(around, (byte) 0xc1);
    System.arraycopy(bytes, 0, around, 10, bytes.length);
    Codec.Format format = codec().format(Int.class, Limits.DEFAULTS);
    assertThat(format.decode(around, 10, bytes.length, this::take)).isEqualTo(new Int(5));
    byte[] twice = Arrays.copyOf(bytes, 2 * bytes.length);
    System.arraycopy(bytes, 0, twice, bytes.length, bytes.length);
    malformed(twice, Int.class);
    malformed(twice, Object.class);
  }

  @Test
  @Rule("COD-3")
  void randomBytesThrowTheFamilyOnly() throws Exception {
    Random random = new Random(42);
    byte[] good =
        encode(
            Map.of("id", 1, "tags", List.of("a"), "counts", Map.of("k", 2), "color", "RED"),
            Object.class);
    List<Codec.Format> formats = new ArrayList<>();
    for (Type type : List.of(Object.class, Job.class, Times.class, Ends.class)) {
      formats.add(codec().format(type, Limits.DEFAULTS));
    }
    int decoded = 0;
    for (int round = 0; round < 100_000; round++) {
      byte[] bytes;
      if (round % 2 == 0) {
        bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
      } else {
        bytes = good.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
      }
      try {
        formats.get(round % formats.size()).decode(bytes, 0, bytes.length, this::noneThere);
        decoded++;
      } catch (ProtocolViolation | MessageRejected | LimitExceeded expected) {
        assertThat(expected.reason().message()).hasSizeLessThanOrEqualTo(200);
      }
    }
    assertThat(decoded).isGreaterThan(10); // the rounds reach past the checks of the syntax
  }

  private Object noneThere(int index, Class<?> as, @Nullable Type element) throws ChannelException {
    throw new MessageRejected(Reason.of(ReasonCode.REF_NOT_FOUND, "no attachment " + index));
  }

  @Test
  @Rule("COD-16")
  void bytesNeverNameAClass() throws Exception {
    for (String key :
        List.of("@class", "@type", "@c", "class", "type", "$type", "!", "java.net.URL")) {
      Map<String, Object> gadget = Map.of(key, "java.net.URL", "x", 5);
      assertThat(decode(encode(gadget, Object.class), Object.class)).isEqualTo(gadget);
      assertThat(decode(encode(gadget, Object.class), Int.class)).isEqualTo(new Int(5));
    }
    List<Object> typedArray = List.of("java.net.URL", List.of("http://localhost"));
    assertThat(decode(encode(typedArray, Object.class), Object.class)).isEqualTo(typedArray);
    rejected(encode(typedArray, Object.class), Any.class);
  }

  @Test
  void theCodecIsFoundByName() {
    assertThat(ServiceLoader.load(Codec.class)).extracting(Codec::name).contains(codec().name());
  }

  // Tools.

  /** Writes and reads a message. */
  protected final Object trip(Object message, Type type) throws ChannelException {
    return decode(encode(message, type), type);
  }

  /** Writes a message. */
  protected final byte[] encode(Object message, Type type) throws ChannelException {
    return encode(message, type, new EncodeBuffer(Limits.DEFAULTS.maxMessageBytes(), 7));
  }

  private byte[] encode(Object message, Type type, EncodeBuffer out) throws ChannelException {
    table.clear();
    int start = out.length();
    codec()
        .format(type, Limits.DEFAULTS)
        .encode(
            message,
            end -> {
              table.add(end);
              return table.size() - 1;
            },
            out);
    return Arrays.copyOfRange(out.array(), start, out.length());
  }

  /** Reads a message. */
  protected final Object decode(byte[] bytes, Type type) throws ChannelException {
    return decode(bytes, type, Limits.DEFAULTS);
  }

  /** Reads a message under limits; others, or so it looks, are before and behind it. */
  protected final Object decode(byte[] bytes, Type type, Limits limits) throws ChannelException {
    taken.clear();
    int beside = Math.min(64, bytes.length);
    byte[] row = new byte[beside + bytes.length + beside];
    System.arraycopy(bytes, bytes.length - beside, row, 0, beside);
    System.arraycopy(bytes, 0, row, beside, bytes.length);
    System.arraycopy(bytes, 0, row, beside + bytes.length, beside);
    return codec().format(type, limits).decode(row, beside, bytes.length, this::take);
  }

  private Object take(int index, Class<?> as, @Nullable Type element) throws ChannelException {
    if (index < 0 || index >= table.size() || !as.isInstance(table.get(index))) {
      throw new MessageRejected(Reason.of(ReasonCode.REF_NOT_FOUND, "no attachment " + index));
    }
    taken.add(as.getSimpleName() + " " + (element == null ? null : element.getTypeName()));
    return table.get(index);
  }

  /** Checks that a message is rejected. */
  protected final MessageRejected rejected(byte[] bytes, Type type) {
    Throwable thrown = catchThrowable(() -> decode(bytes, type));
    assertThat(thrown).as("as %s", type).isInstanceOf(MessageRejected.class);
    return (MessageRejected) thrown;
  }

  /** Checks that bytes are malformed. Rule COD-3. */
  protected final void malformed(byte[] bytes, Type type) {
    Throwable thrown = catchThrowable(() -> decode(bytes, type));
    assertThat(thrown).as("as %s", type).isInstanceOf(ProtocolViolation.class);
    assertThat(((ProtocolViolation) thrown).reason().message()).startsWith("COD-3: ");
  }

  /** Checks that a limit was hit. */
  protected static void limit(String name, Throwable thrown) {
    assertThat(thrown).isInstanceOf(LimitExceeded.class);
    assertThat(((LimitExceeded) thrown).limit()).isEqualTo(name);
  }
}
