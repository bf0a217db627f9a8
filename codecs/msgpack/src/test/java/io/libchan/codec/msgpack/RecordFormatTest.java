package io.libchan.codec.msgpack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.annotation.JsonValue;
import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.ProtocolViolation;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.TypeRef;
import io.libchan.codec.msgpack.Outcome.Alone;
import io.libchan.codec.msgpack.Outcome.Plain;
import io.libchan.codec.msgpack.Shapes.Accessors;
import io.libchan.codec.msgpack.Shapes.BadAccessor;
import io.libchan.codec.msgpack.Shapes.Ends;
import io.libchan.codec.msgpack.Shapes.Failing;
import io.libchan.codec.msgpack.Shapes.FailingInside;
import io.libchan.codec.msgpack.Shapes.Lists;
import io.libchan.codec.msgpack.Shapes.Numbers;
import io.libchan.codec.msgpack.Shapes.One;
import io.libchan.codec.msgpack.Shapes.Sample;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import io.libchan.testkit.Rule;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** That records without Jackson are what they are with it, in every respect. */
final class RecordFormatTest {
  private static final int MAX = Limits.DEFAULTS.maxMessageBytes();

  private final Codec fast = new MsgpackCodec();
  private final Codec plain = new Plain();
  private final Codec.Format untyped = plain.format(Object.class, Limits.DEFAULTS);

  private final Object[] table = {
    Channel.of(One.class).sender(),
    Channel.of(new TypeRef<List<One>>() {}).receiver(),
    ByteStream.pair().left(),
    new ByteArrayInputStream(new byte[0]),
    new ByteArrayOutputStream(),
    Channel.of(One.class).sender()
  };

  private void agree(Type type, Limits limits, byte[] bytes) throws Exception {
    Outcome expected = Outcome.decode(plain.format(type, limits), bytes, table);
    Outcome actual = Outcome.decode(fast.format(type, limits), bytes, table);
    assertThat(actual.isSameAs(expected)).as("%s, not %s", actual, expected).isTrue();
    if (expected.thrown() == ProtocolViolation.class || expected.thrown() == LimitExceeded.class) {
      assertThat(actual.ends()).isEmpty();
    }
  }

  private byte[] agreeOnBytes(Object message) throws Exception {
    return agreeOnBytes(message, MAX);
  }

  private byte[] agreeOnBytes(Object message, int maxBytes) throws Exception {
    Class<?> type = message.getClass();
    Outcome expected = Outcome.encode(plain.format(type, Limits.DEFAULTS), message, maxBytes);
    Outcome actual = Outcome.encode(fast.format(type, Limits.DEFAULTS), message, maxBytes);
    assertThat(actual.isSameAs(expected)).as("%s, not %s", actual, expected).isTrue();
    return (byte[]) actual.value();
  }

  private byte[] bytes(Object tree) {
    return (byte[]) Outcome.encode(untyped, tree, MAX).value();
  }

  @SuppressWarnings("unchecked")
  private Map<String, Object> tree(byte[] bytes) {
    return (Map<String, Object>) Outcome.decode(untyped, bytes, table).value();
  }

  // That it is used, and when not.

  @Test
  void theRecordOfTheBenchmarkNeedsNoJackson() throws Exception {
    Sample sample = new Sample(1L << 40, "name-00000000001", 0.1, -1, new byte[32]);
    for (Class<?> type : Shapes.FAST) {
      assertThat(fast.format(type, Limits.DEFAULTS))
          .as(type.getName())
          .isInstanceOf(RecordFormat.class);
    }
    Codec.Format alone = new Alone().format(Sample.class, Limits.DEFAULTS);
    Outcome written = Outcome.encode(alone, sample, MAX);
    assertThat(
            written.isSameAs(
                Outcome.encode(plain.format(Sample.class, Limits.DEFAULTS), sample, MAX)))
        .isTrue();
    assertThat(Shapes.same(Outcome.decode(alone, (byte[]) written.value()).value(), sample))
        .isTrue();
  }

  @Test
  void attachmentsNeedNoJackson() throws Exception {
    Codec.Format alone = new Alone().format(Failing.class, Limits.DEFAULTS);
    byte[] bytes = (byte[]) Outcome.encode(alone, new Failing(null, 5, null), MAX).value();
    assertThat(Outcome.decode(alone, bytes).value()).isEqualTo(new Failing(null, 5, null));
    Outcome outcome = Outcome.decode(alone, sent(failing(table[0], 3, table[1])), table);
    assertThat(outcome.thrown()).isNull();
    assertThat(outcome.ends()).hasSize(2);
  }

  @Test
  void whatJacksonHasItsOwnWayWithIsLeftToIt() throws Exception {
    for (Class<?> type : Shapes.SLOW) {
      assertThat(fast.format(type, Limits.DEFAULTS))
          .as(type.getName())
          .isNotInstanceOf(RecordFormat.class);
    }
    for (Type type :
        List.of(Object.class, List.class, new TypeRef<Shapes.Pair<One, One>>() {}.type())) {
      assertThat(fast.format(type, Limits.DEFAULTS)).isNotInstanceOf(RecordFormat.class);
    }
    agreeOnBytes(new Shapes.Renamed(1));
    agreeOnBytes(new Shapes.Bundled(1));
    agreeOnBytes(new Shapes.Ordering(1, 2));
    agreeOnBytes(new Shapes.MoreGetters(1));
  }

  @Test
  void namesThatLookLikeAccessorsAreNames() throws Exception {
    byte[] bytes = agreeOnBytes(new Accessors(true, "n", 5, "i"));
    assertThat(tree(bytes)).containsOnlyKeys("isOpen", "getName", "get", "is");
    agree(Accessors.class, Limits.DEFAULTS, bytes);
  }

  // The same bytes, the same values.

  @Property(tries = 1500)
  void messagesAreWrittenAndReadTheSame(@ForAll long seed) throws Exception {
    Samples samples = new Samples(seed);
    for (Class<?> type : Shapes.FAST) {
      byte[] bytes = agreeOnBytes(samples.one(type));
      if (bytes != null) {
        agree(type, Limits.DEFAULTS, bytes);
      }
    }
  }

  @Property(tries = 1000)
  void alteredBytesAreReadTheSame(@ForAll long seed) throws Exception {
    Samples samples = new Samples(seed);
    for (Class<?> type : Shapes.FAST) {
      byte[] good = agreeOnBytes(samples.one(type));
      for (int i = 0; good != null && i < 6; i++) {
        agree(type, Limits.DEFAULTS, altered(good, samples.random));
      }
    }
  }

  private static byte[] altered(byte[] good, Random random) {
    byte[] bytes = good.clone();
    int at = random.nextInt(Math.min(bytes.length, 400));
    switch (random.nextInt(5)) {
      case 0 -> bytes[at] = (byte) random.nextInt();
      case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> bytes = Arrays.copyOf(bytes, at);
      case 3 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(3));
      default -> { // a hole or a bulge
        int to = Math.max(0, Math.min(bytes.length - 1, at + random.nextInt(9) - 4));
        System.arraycopy(good, at, bytes, to, bytes.length - Math.max(at, to));
      }
    }
    return bytes;
  }

  @Test
  void everyByteAndEveryLengthOfOneMessage() throws Exception {
    Samples samples = new Samples(5);
    for (Object message :
        List.of(
            new Sample(300, "n\u00e4me", 1.5, -5, new byte[] {1, 2}),
            new Numbers(1, 2, (short) 3, (byte) 4, 5, 6, true, 'x'),
            samples.one(Shapes.Forms.class))) {
      byte[] good = agreeOnBytes(message);
      for (int at = 0; at < good.length; at++) {
        agree(message.getClass(), Limits.DEFAULTS, Arrays.copyOf(good, at));
        byte[] bytes = good.clone();
        for (int value = 0; value < 256; value++) {
          bytes[at] = (byte) value;
          agree(message.getClass(), Limits.DEFAULTS, bytes);
        }
      }
    }
  }

  @Test
  @Rule("COD-12")
  void numbersOfEveryCodeAreReadTheSame() throws Exception {
    byte[] good = agreeOnBytes(new Numbers(1, 2, (short) 3, (byte) 4, 5, 6, true, 'x'));
    int[] sizes = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8}; // after the codes from 0xca on
    for (String field : List.of("l", "i", "s", "b", "f", "d", "z", "c")) {
      int at = new String(good, StandardCharsets.ISO_8859_1).indexOf("\u00a1" + field) + 2;
      int after = at + (field.equals("f") ? 5 : field.equals("d") ? 9 : field.equals("c") ? 2 : 1);
      for (int i = 0; i < sizes.length; i++) {
        for (int first : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
          for (int rest : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
            byte[] bytes = Arrays.copyOf(good, good.length + 1 + sizes[i] - (after - at));
            bytes[at] = (byte) (0xca + i);
            Arrays.fill(bytes, at + 1, at + 1 + sizes[i], (byte) rest);
            bytes[at + 1] = (byte) first;
            System.arraycopy(good, after, bytes, at + 1 + sizes[i], good.length - after);
            agree(Numbers.class, Limits.DEFAULTS, bytes);
          }
        }
      }
    }
  }

  @Property(tries = 500)
  void otherTreesAreReadTheSame(@ForAll long seed) throws Exception {
    Samples samples = new Samples(seed);
    for (Class<?> type : Shapes.FAST) {
      byte[] good = agreeOnBytes(samples.one(type));
      for (int i = 0; good != null && i < 4; i++) {
        Map<String, Object> tree = otherTree(tree(good), samples);
        byte[] bytes = bytes(tree);
        if (bytes != null) {
          agree(type, Limits.DEFAULTS, bytes);
          agree(type, Limits.DEFAULTS, withKeyTwice(bytes, tree.size(), samples.random));
        }
      }
    }
  }

  private static Map<String, Object> otherTree(Map<String, Object> tree, Samples samples) {
    Random random = samples.random;
    List<String> keys = new ArrayList<>(tree.keySet());
    if (random.nextInt(3) == 0) {
      Collections.shuffle(keys, random);
    }
    Map<String, Object> other = new LinkedHashMap<>();
    for (String key : keys) {
      if (random.nextInt(8) == 0) {
        other.put("more", otherValue(samples));
      }
      if (random.nextInt(8) != 0) {
        boolean keep = random.nextInt(4) != 0;
        other.put(key, keep ? tree.get(key) : otherValue(samples));
      }
    }
    return other;
  }

  private static Object otherValue(Samples samples) {
    return switch (samples.random.nextInt(10)) {
      case 0 -> null;
      case 1 -> samples.integer();
      case 2 -> samples.real();
      case 3 -> (float) samples.real();
      case 4 -> samples.random.nextBoolean();
      case 5 -> samples.text();
      case 6 -> new byte[samples.random.nextInt(5)];
      case 7 -> Arrays.asList("x", null, samples.integer());
      case 8 -> Map.of("x", samples.integer());
      default -> String.valueOf(samples.integer());
    };
  }

  /** The same map with one more entry, whose key is the first one's or new. */
  private byte[] withKeyTwice(byte[] bytes, int size, Random random) {
    int first = bytes[0] == (byte) 0xde ? 3 : 1;
    if (size == 0 || size == 15 || size > 20) {
      return bytes;
    }
    int key = 1 + (bytes[first] & 0x1f);
    byte[] twice = Arrays.copyOf(bytes, bytes.length + key + 1);
    System.arraycopy(bytes, first, twice, bytes.length, key);
    twice[bytes.length + key] = 5;
    if (random.nextInt(3) == 0) {
      twice[bytes.length + key - 1] ^= 1;
    }
    twice[first - 1]++;
    return twice;
  }

  // Limits.

  @Property(tries = 60)
  @Rule({"COD-4", "COD-5", "COD-6"})
  void limitsAreTheSame(@ForAll long seed) throws Exception {
    Samples samples = new Samples(seed);
    for (Class<?> type : Shapes.FAST) {
      byte[] bytes = agreeOnBytes(samples.one(type));
      for (int n = 1; bytes != null && n <= 50; n++) {
        agree(type, Limits.DEFAULTS.withMaxElements(n), bytes);
        agree(type, Limits.DEFAULTS.withMaxStringBytes(n), bytes);
        if (n < 6) {
          agree(type, Limits.DEFAULTS.withMaxDepth(n), bytes);
        }
      }
    }
  }

  @Property(tries = 300)
  @Rule("LIM-1")
  void theLimitOnBytesIsTheSame(@ForAll long seed) throws Exception {
    Samples samples = new Samples(seed);
    for (Class<?> type : Shapes.FAST) {
      Object message = samples.one(type);
      byte[] bytes = agreeOnBytes(message);
      if (bytes != null) {
        for (int max : new int[] {bytes.length + 1, bytes.length, bytes.length - 1, 1}) {
          agreeOnBytes(message, max);
        }
      }
    }
  }

  // Attachments.

  /** The bytes of a tree with ends of the table in it, by their index there. */
  private byte[] sent(Object tree) throws Exception {
    EncodeBuffer out = new EncodeBuffer(MAX);
    untyped.encode(tree, end -> Arrays.asList(table).indexOf(end), out);
    return Arrays.copyOf(out.array(), out.length());
  }

  private Map<String, Object> failing(Object sender, Object x, Object receiver) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("sender", sender);
    tree.put("x", x);
    tree.put("receiver", receiver);
    return tree;
  }

  @SuppressWarnings("unchecked")
  private Ends ends(Object... ends) {
    return new Ends(
        1,
        (Sender<One>) ends[0],
        (Receiver<List<Sender<One>>>) ends[1],
        (ByteStream) ends[2],
        "between",
        (InputStream) ends[3],
        (OutputStream) ends[4],
        (Sender<? extends One>) ends[5],
        2);
  }

  @Test
  @Rule("COD-8")
  void attachmentsAreWrittenAndTakenTheSame() throws Exception {
    assertThat(fast.format(Ends.class, Limits.DEFAULTS)).isInstanceOf(RecordFormat.class);
    for (int without = -1; without < table.length; without++) {
      Object[] some = table.clone();
      if (without >= 0) {
        some[without] = null;
      }
      agreeOnBytes(ends(some));
      EncodeBuffer out = new EncodeBuffer(MAX);
      fast.format(Ends.class, Limits.DEFAULTS)
          .encode(ends(some), end -> Arrays.asList(table).indexOf(end), out);
      byte[] bytes = Arrays.copyOf(out.array(), out.length());
      agree(Ends.class, Limits.DEFAULTS, bytes);
      for (int i = 0; i < 2000; i++) {
        agree(Ends.class, Limits.DEFAULTS, altered(bytes, new Random(i)));
      }
      for (int length = 0; length < bytes.length; length++) {
        agree(Ends.class, Limits.DEFAULTS, Arrays.copyOf(bytes, length));
      }
      agree(Ends.class, Limits.DEFAULTS.withMaxStringBytes(1), bytes);
    }
  }

  @Test
  @Rule("COD-8")
  void indexesAboveTheLargestAreRefused() {
    Object[] none = new Object[table.length];
    none[0] = table[0];
    for (int index : new int[] {0xffff, 0x10000}) {
      for (Codec codec : List.of(fast, plain)) {
        EncodeBuffer out = new EncodeBuffer(MAX);
        Throwable thrown =
            catchThrowable(
                () ->
                    codec
                        .format(Ends.class, Limits.DEFAULTS)
                        .encode(ends(none), end -> index, out));
        if (index == 0xffff) {
          assertThat(thrown).isNull();
        } else {
          assertThat(thrown).isInstanceOf(MessageRejected.class).hasMessageContaining("COD-8");
        }
      }
    }
  }

  @Test
  void endsThatAreRefusedComeOutTheSame() throws Exception {
    for (int most = 0; most <= table.length; most++) {
      Outcome expected =
          Outcome.encode(plain.format(Ends.class, Limits.DEFAULTS), ends(table), MAX, most);
      Outcome actual =
          Outcome.encode(fast.format(Ends.class, Limits.DEFAULTS), ends(table), MAX, most);
      assertThat(actual.isSameAs(expected)).as("%s, not %s", actual, expected).isTrue();
    }
  }

  @Test
  @Rule("ATT-5")
  void endsThatAreNotThereOrAreTakenTwiceAreRefusedTheSame() throws Exception {
    Object other = Channel.of(One.class).sender();
    for (Object sender : Arrays.asList(table[0], table[1], table[2], other, null, 5, "x")) {
      for (Object receiver : Arrays.asList(table[1], table[0], other, null, 5)) {
        for (Object x : Arrays.asList(0, null, "x", 1.5, 1L << 40, table[5])) {
          agree(Failing.class, Limits.DEFAULTS, sent(failing(sender, x, receiver)));
        }
      }
    }
  }

  // Application code that fails.

  @Test
  void aConstructorThatFailsIsTheSameAndNothingIsTakenTwice() throws Exception {
    for (int x = 0; x <= 2; x++) {
      byte[] bytes = sent(failing(table[0], x, table[1]));
      agree(Failing.class, Limits.DEFAULTS, bytes);
      Outcome outcome = Outcome.decode(fast.format(Failing.class, Limits.DEFAULTS), bytes, table);
      assertThat(outcome.thrown()).isEqualTo(x == 0 ? null : MessageRejected.class);
      assertThat(outcome.ends()).hasSize(2).doesNotHaveDuplicates();
    }
    for (int x = 0; x <= 1; x++) {
      Map<String, Object> tree = new LinkedHashMap<>();
      tree.put("inside", Map.of("x", x));
      tree.put("sender", table[0]);
      agree(FailingInside.class, Limits.DEFAULTS, sent(tree));
    }
  }

  @Test
  void anAccessorThatFailsIsTheSame() throws Exception {
    agreeOnBytes(new BadAccessor(null, 0));
    agreeOnBytes(new BadAccessor(null, 1));
    Outcome outcome =
        Outcome.encode(
            fast.format(BadAccessor.class, Limits.DEFAULTS), new BadAccessor(sender(), 1), MAX);
    assertThat(outcome.thrown()).isEqualTo(MessageRejected.class);
  }

  @SuppressWarnings("unchecked")
  private Sender<One> sender() {
    return (Sender<One>) table[0];
  }

  /** A list that says it has one element more than it has. */
  private static final class Liar extends AbstractList<String> {
    @Override
    public String get(int index) {
      return "x";
    }

    @Override
    public int size() {
      return 2;
    }

    @Override
    public Iterator<String> iterator() {
      return List.of("x").iterator();
    }
  }

  /** A list that is written as text. */
  private static final class Textual extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    @JsonValue
    String text() {
      return "text";
    }
  }

  /** A stream that is written as text. */
  private static final class TextualStream extends ByteArrayInputStream {
    TextualStream() {
      super(new byte[0]);
    }

    @JsonValue
    String text() {
      return "text";
    }
  }

  @Test
  void listsAndStreamsWithTheirOwnWayKeepIt() throws Exception {
    for (List<String> texts :
        List.of(
            new Liar(),
            Collections.unmodifiableList(new Liar()),
            new Textual(),
            new CopyOnWriteArrayList<>(List.of("a", "b")),
            Arrays.asList("a", null),
            Collections.nCopies(70_000, "a"))) {
      agreeOnBytes(new Lists(texts, null, null, null, null, null, null));
    }
    Object[] some = table.clone();
    some[3] = new TextualStream();
    agreeOnBytes(ends(some));
  }

  @Test
  @SuppressWarnings({"unchecked", "rawtypes"})
  void genericFieldsAreWhatTheyAreDeclared() throws Exception {
    Class<?> type = Shapes.OfPair.class;
    assertThat(fast.format(type, Limits.DEFAULTS)).isInstanceOf(RecordFormat.class);
    for (Object b : Arrays.asList(List.of(new One("x")), List.of(5), 5, "x", null)) {
      byte[] bytes = agreeOnBytes(new Shapes.OfPair(5, new Shapes.Pair("x", b)));
      agree(type, Limits.DEFAULTS, bytes == null ? new byte[0] : bytes);
    }
  }

  @Test
  @SuppressWarnings({"unchecked", "rawtypes"})
  void valuesOfOtherTypesThanDeclaredAreTheSame() throws Exception {
    for (Object value : List.of(5, "x", 1.5, true, new One("x"), List.of())) {
      agreeOnBytes(new Lists((List) List.of(value), null, null, null, null, null, null));
      agreeOnBytes(new Lists(null, (List) List.of(value), null, null, null, null, null));
      agreeOnBytes(new Lists(null, null, (List) List.of(value), null, null, null, null));
    }
    for (Object message : Arrays.asList(new One("x"), "x", null)) {
      Codec.Format expected = plain.format(Sample.class, Limits.DEFAULTS);
      Codec.Format actual = fast.format(Sample.class, Limits.DEFAULTS);
      assertThat(
              Outcome.encode(actual, message, MAX).isSameAs(Outcome.encode(expected, message, MAX)))
          .isTrue();
    }
  }

  @Test
  void aPeerWithAnotherOrderIsReadTheSameForEver() throws Exception {
    Codec.Format format = fast.format(Failing.class, Limits.DEFAULTS);
    Map<String, Object> backwards = new LinkedHashMap<>();
    backwards.put("receiver", table[1]);
    backwards.put("x", 7);
    backwards.put("sender", table[0]);
    byte[] odd = sent(backwards);
    byte[] good = sent(failing(table[0], 7, table[1]));
    for (int i = 0; i < 300; i++) {
      Outcome outcome = Outcome.decode(format, i % 100 == 99 ? good : odd, table);
      assertThat(outcome.value()).isEqualTo(new Failing(sender(), 7, receiver()));
    }
  }

  @SuppressWarnings("unchecked")
  private Receiver<One> receiver() {
    return (Receiver<One>) table[1];
  }
}
