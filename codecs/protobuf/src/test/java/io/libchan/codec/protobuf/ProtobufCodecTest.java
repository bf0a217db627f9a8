package io.libchan.codec.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import com.google.protobuf.UnknownFieldSet;
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
import io.libchan.calls.Reply;
import io.libchan.codec.protobuf.test.CodecTestProto;
import io.libchan.codec.protobuf.test.Color;
import io.libchan.codec.protobuf.test.Ends;
import io.libchan.codec.protobuf.test.Everything;
import io.libchan.codec.protobuf.test.Grown;
import io.libchan.codec.protobuf.test.Needy;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import io.libchan.testkit.Rule;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Generated messages, records bound to them, and bytes that are neither. */
public final class ProtobufCodecTest {
  private final Codec codec = new ProtobufCodec();
  private final List<Object> table = new ArrayList<>();
  private final List<String> taken = new ArrayList<>();

  /** Every kind of field but ends. */
  @SuppressWarnings("ArrayRecordComponent") // a message may have them
  @MessageType(Everything.class)
  public record All(
      @Nullable Integer whole,
      long large,
      int positive,
      int folded,
      long fixed,
      boolean flag,
      float share,
      double load,
      @Nullable String text,
      byte @Nullable [] data,
      @Nullable Color color,
      List<Integer> numbers,
      List<String> words,
      Map<String, Long> counts,
      Map<Integer, Everything> parts,
      @Nullable Small part,
      @Nullable String right,
      int snakeCase) {}

  /** Some of the same fields. */
  @MessageType(Everything.class)
  public record Small(@Nullable Integer whole, @Nullable Small part) {}

  /** Another enum with the same names, and one that is no name. */
  public enum Shade {
    /** Known. */
    GREEN,
    /** Not known. */
    BLUE
  }

  /** The same field with the application's own enum. */
  @MessageType(Everything.class)
  public record Shaded(@Nullable Shade color) {}

  /** Ends of every kind. */
  @MessageType(Ends.class)
  public record AllEnds(
      @Nullable Sender<Everything> sender,
      @Nullable Receiver<Small> receiver,
      @Nullable ByteStream bytes,
      @Nullable InputStream in,
      @Nullable OutputStream out,
      List<Sender<Small>> list,
      Map<String, Receiver<Small>> map,
      @Nullable Everything part,
      @Nullable One inner) {}

  /** One end. */
  @MessageType(Ends.class)
  public record One(@Nullable Sender<Everything> sender) {}

  /** A part that the user filled, beside an end. */
  @MessageType(Ends.class)
  public record Filled(@Nullable Sender<Everything> sender, @Nullable Ends inner) {}

  /** A later version with an end. */
  @MessageType(Grown.class)
  public record Later(@Nullable Sender<Everything> added) {}

  /** Fails when it is made. */
  @MessageType(Everything.class)
  public record Bad(int whole) {
    /** Throws. */
    public Bad {
      if (whole == 1) {
        throw new IllegalStateException("mine");
      }
    }
  }

  /** Bound by {@link ProtobufCodec#with}. */
  public record Unbound(String value) {}

  private static All all() {
    return new All(
        Integer.MIN_VALUE,
        Long.MIN_VALUE,
        -1,
        Integer.MIN_VALUE,
        -2,
        true,
        1.1f,
        Double.MIN_VALUE,
        "h\u00e9llo \ud83d\ude00\0",
        null,
        Color.GREEN,
        List.of(1, -1, 0),
        List.of("", "a"),
        Map.of("", 1L, "k", -1L),
        Map.of(0, Everything.getDefaultInstance(), 7, Everything.newBuilder().setWhole(7).build()),
        new Small(1, new Small(null, null)),
        "chosen",
        5);
  }

  // What comes back.

  @Test
  @Rule("COD-44")
  void recordsAndMessagesAreTheSameBytes() throws Exception {
    All all = all();
    byte[] bytes = encode(all, All.class);
    assertThat(decode(bytes, All.class)).isEqualTo(all);
    Everything message = Everything.parseFrom(bytes);
    assertThat(message.getText()).isEqualTo(all.text());
    assertThat(message.getPartsOrThrow(7).getWhole()).isEqualTo(7);
    assertThat(message.getSnakeCase()).isEqualTo(5);
    assertThat(trip(message, Everything.class)).isEqualTo(message);
    assertThat(trip(new Shaded(Shade.GREEN), Shaded.class)).isEqualTo(new Shaded(Shade.GREEN));
    Everything grouped =
        Everything.newBuilder()
            .setGrouped(Everything.Grouped.newBuilder().setInner(3))
            .setData(ByteString.copyFrom(new byte[] {-1}))
            .setLeft(-5)
            .build();
    assertThat(trip(grouped, Everything.class)).isEqualTo(grouped);
    assertThat(trip(Everything.getDefaultInstance(), Everything.class))
        .isEqualTo(Everything.getDefaultInstance());
  }

  @Test
  @Rule({"COD-40", "COD-10"})
  void endsComeBack() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    AllEnds ends =
        new AllEnds(
            Channel.of(Everything.class).sender(),
            Channel.of(Small.class).receiver(),
            pair.left(),
            new ByteArrayInputStream(new byte[0]),
            new ByteArrayOutputStream(),
            List.of(Channel.of(Small.class).sender(), Channel.of(Small.class).sender()),
            Map.of("k", Channel.of(Small.class).receiver()),
            Everything.newBuilder().setWhole(1).build(),
            new One(Channel.of(Everything.class).sender()));
    assertThat(trip(ends, AllEnds.class)).isEqualTo(ends);
    String everything = Everything.class.getName();
    String small = Small.class.getName();
    assertThat(taken)
        .containsExactly(
            "Sender " + everything,
            "Receiver " + small,
            "ByteStream null",
            "InputStream null",
            "OutputStream null",
            "Sender " + small,
            "Sender " + small,
            "Receiver " + small,
            "Sender " + everything);
    Ends message = Ends.parseFrom(encode(ends, AllEnds.class));
    assertThat(message.getReceiver().getIndex()).isEqualTo(1);
    assertThat(message.getInner().getSender().getIndex()).isEqualTo(8);
    assertThat(encode(new One(Channel.of(Everything.class).sender()), One.class))
        .isEqualTo(hex("0a 00"));
    assertThat(trip(new One(null), One.class)).isEqualTo(new One(null));
  }

  @Test
  @Rule("COD-44")
  void callsCarryMessages() throws Exception {
    Type call = new TypeRef<io.libchan.calls.Call<Everything, Small>>() {}.type();
    Everything request = Everything.newBuilder().setText("ask").build();
    Sender<Reply<Small>> reply = Channel.of(new TypeRef<Reply<Small>>() {}).sender();
    io.libchan.calls.Call<?, ?> back =
        (io.libchan.calls.Call<?, ?>) trip(new io.libchan.calls.Call<>(request, reply), call);
    assertThat(back.request()).isEqualTo(request);
    assertThat(back.reply()).isSameAs(reply);
    assertThat(taken).singleElement().asString().contains(Reply.class.getName());
    Type answer = new TypeRef<Reply<One>>() {}.type();
    Reply<One> withEnd = new Reply<>(new One(Channel.of(Everything.class).sender()), null);
    assertThat(trip(withEnd, answer)).isEqualTo(withEnd);
    Reply<One> error = new Reply<>(null, new Reply.Failure(77, "t", null));
    assertThat(trip(error, answer)).isEqualTo(error);
    assertThat(catchThrowable(() -> codec.format(answerOfAnything(), Limits.DEFAULTS)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Type answerOfAnything() {
    return new TypeRef<Reply<Object>>() {}.type();
  }

  @Test
  void recordsOfOthersCanBeBound() throws Exception {
    Codec more = new ProtobufCodec().with(Unbound.class, StringValue.class);
    EncodeBuffer out = new EncodeBuffer(100);
    more.format(Unbound.class, Limits.DEFAULTS).encode(new Unbound("x"), end -> 0, out);
    assertThat(StringValue.parseFrom(Arrays.copyOf(out.array(), out.length())).getValue())
        .isEqualTo("x");
  }

  /** Has no field. */
  @MessageType(Everything.class)
  public record Stray(int nothing) {}

  /** Is of another type than its field. */
  @MessageType(Everything.class)
  public record Wrong(String whole) {}

  /** An end in a field that is none. */
  @MessageType(Everything.class)
  public record Misplaced(Sender<Small> part) {}

  /** A file where the field is a channel's. */
  @MessageType(Ends.class)
  public record Confused(ByteStream sender) {}

  @Test
  void typesThatCannotTravelAreToldAtOnce() {
    for (Type type :
        List.of(
            Object.class,
            String.class,
            Unbound.class,
            Message.class,
            Map.class,
            new TypeRef<Sender<Everything>>() {}.type(),
            Stray.class,
            Wrong.class,
            Misplaced.class,
            Confused.class)) {
      assertThat(catchThrowable(() -> codec.format(type, Limits.DEFAULTS)))
          .as("%s", type)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(ServiceLoader.load(Codec.class)).extracting(Codec::name).contains("protobuf");
  }

  // References.

  @Test
  @Rule("COD-41")
  void imitationsAreNotWritten() {
    Ends forged = Ends.newBuilder().setSender(ChannelRef.newBuilder()).build();
    Ends deep =
        Ends.newBuilder()
            .setInner(Ends.newBuilder().putMap("k", ChannelRef.newBuilder().setIndex(3).build()))
            .build();
    Sender<Everything> end = Channel.of(Everything.class).sender();
    UnknownFieldSet hidden =
        UnknownFieldSet.newBuilder()
            .addField(
                50, UnknownFieldSet.Field.newBuilder().addLengthDelimited(ByteString.EMPTY).build())
            .build();
    Everything unknown = Everything.newBuilder().setUnknownFields(hidden).build();
    Everything extended = Everything.newBuilder().setExtension(CodecTestProto.more, 1).build();
    for (Object message :
        List.of(
            forged,
            deep,
            new Filled(end, forged),
            new Filled(null, deep),
            unknown,
            extended,
            Everything.newBuilder().setPart(unknown).build())) {
      assertThat(catchThrowable(() -> encode(message, message.getClass())))
          .as("%s", message)
          .isInstanceOf(MessageRejected.class)
          .hasMessageContaining("COD-41");
    }
  }

  @Test
  @Rule("COD-42")
  void referencesThatNobodyExpectsAreNotTaken() throws Exception {
    byte[] bytes = encode(new Later(Channel.of(Everything.class).sender()), Later.class);
    assertThat(decode(bytes, Everything.class)).isEqualTo(Everything.getDefaultInstance());
    assertThat(decode(bytes, Small.class)).isEqualTo(new Small(null, null));
    byte[] known = encode(new One(Channel.of(Everything.class).sender()), One.class);
    Object generated = decode(known, Ends.class);
    assertThat(taken).isEmpty();
    assertThat(catchThrowable(() -> encode(generated, Ends.class)))
        .isInstanceOf(MessageRejected.class);
  }

  @Test
  @Rule({"ATT-5", "COD-40"})
  void forgedIndexesAreRefused() throws Exception {
    for (int index : new int[] {1, 65_535, Integer.MAX_VALUE, -1}) {
      ChannelRef forged = ChannelRef.newBuilder().setIndex(index).build();
      for (Ends message :
          List.of(
              Ends.newBuilder().setSender(forged).build(),
              Ends.newBuilder().addList(forged).build(),
              Ends.newBuilder().putMap("k", forged).build(),
              Ends.newBuilder().setInner(Ends.newBuilder().setSender(forged)).build())) {
        rejected(message.toByteArray(), AllEnds.class);
      }
    }
    rejected(hex("0a 02 08 80"), One.class, ProtocolViolation.class);
    encode(new One(Channel.of(Everything.class).sender()), One.class);
    rejected(hex("12 00"), AllEnds.class); // a sender is in the table, not a receiver
  }

  // What does not fit.

  @Test
  @Rule({"COD-12", "COD-43"})
  void valuesThatDoNotFitAreRejected() throws Exception {
    for (String bytes :
        List.of(
            "08 ffffffff7f", // int32 above 2^31
            "08 80808080f8ffffffff00".replace("ffffffff00", "ffffff7f"),
            "18 8080808010", // uint32 of 2^32
            "20 8080808010", // sint32
            "30 02", // bool
            "58 03", // closed enum
            "09 0000000000000000", // int32 as fixed64
            "48 05", // text as a number
            "8a01 00", // a number as text
            "62 06 ffffffffff7f", // packed int32
            "2d 00000000")) { // fixed64 as fixed32
      rejected(hex(bytes), Everything.class);
      rejected(hex("8201" + length(bytes) + bytes), Small.class);
    }
    rejected(new byte[0], Needy.class);
    assertThat(catchThrowable(() -> encode(Needy.newBuilder().buildPartial(), Needy.class)))
        .isInstanceOf(MessageRejected.class);
    rejected(hex("58 01"), Shaded.class);
    rejected(encode(new Small(1, null), Small.class), Bad.class);
    assertThat(catchThrowable(() -> encode(new Shaded(Shade.BLUE), Shaded.class)))
        .isInstanceOf(MessageRejected.class);
  }

  private static String length(String bytes) {
    return String.format("%02x", hex(bytes).length);
  }

  @Test
  @Rule({"COD-3", "COD-43", "COD-7"})
  void malformedBytes() {
    for (String bytes :
        List.of(
            "00",
            "08",
            "08 80",
            "08 ffffffffffffffffff02",
            "08 ffffffffffffffffffff01",
            "0f",
            "0e",
            "c8ffffff1f 00".replace("1f", "7f"),
            "4a ffffffff07", // 2 GB
            "4a ffffffffffffffffff01",
            "4a 02 61",
            "4a 01 ff",
            "4a 02 c080",
            "4a 03 eda080",
            "08 01 08 01", // a field twice
            "8801 01 9201 00", // two of a choice
            "72 02 0a00 72 02 0a00", // a key twice
            "72 00 72 00", // the same by default
            "72 02 1000 72 02 0a00",
            "7a 02 0801 7a 02 0801",
            "7a 04 0801 0801",
            "8201 02 08",
            "9b01 08 01", // a group without an end
            "9b01 0801 a401", // another's end
            "9c01",
            "62 02 0180",
            "f203 05 00", // unknown, longer than there is
            "f303 0801",
            "f503 0000",
            "f603 00")) {
      malformed(hex(bytes), Everything.class);
      malformed(hex("8201" + length(bytes) + bytes), Everything.class);
      malformed(hex("8201" + length(bytes) + bytes), Small.class);
    }
  }

  @Test
  @Rule({"COD-11", "COD-42"})
  void unknownFieldsAreLeftOut() throws Exception {
    byte[] bytes = hex("08 05 f203 03 ffffff f003 01 f303 0801 f403 f503 00000000");
    Everything message = (Everything) decode(bytes, Everything.class);
    assertThat(message).isEqualTo(Everything.newBuilder().setWhole(5).build());
    assertThat(encode(message, Everything.class)).isEqualTo(hex("08 05"));
    assertThat(decode(bytes, Small.class)).isEqualTo(new Small(5, null));
  }

  // Limits.

  @Test
  @Rule("COD-4")
  void theLimitOnDepth() throws Exception {
    Everything message = Everything.getDefaultInstance();
    Limits limits = Limits.DEFAULTS.withMaxDepth(7);
    for (int depth = 1; depth <= 8; depth++) {
      byte[] bytes = encode(message, Everything.class);
      if (depth <= 7) {
        assertThat(decode(bytes, Everything.class, limits)).isEqualTo(message);
      } else {
        limit("depth", bytes, Everything.class, limits);
        limit("depth", bytes, Small.class, limits);
      }
      Everything.Builder outer = Everything.newBuilder();
      message = (depth % 2 == 0 ? outer.setPart(message) : outer.putParts(1, message)).build();
    }
    byte[] groups = new byte[200_000];
    for (int i = 0; i < groups.length; i += 2) {
      groups[i] = (byte) 0xf3; // field 62
      groups[i + 1] = 3;
    }
    limit("depth", groups, Everything.class, Limits.DEFAULTS);
    ByteString nested = ByteString.EMPTY;
    for (int depth = 0; depth < 10_000; depth++) {
      nested = ByteString.copyFrom(join(hex("8201"), varint(nested.size()), nested.toByteArray()));
    }
    limit("depth", nested.toByteArray(), Everything.class, Limits.DEFAULTS);
    limit("depth", nested.toByteArray(), Small.class, Limits.DEFAULTS);
  }

  private static byte[] varint(int value) {
    byte[] bytes = new byte[5];
    int count = 0;
    int left = value;
    for (; left >= 0x80; left >>>= 7) {
      bytes[count++] = (byte) (left | 0x80);
    }
    bytes[count++] = (byte) left;
    return Arrays.copyOf(bytes, count);
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  @Test
  @Rule({"COD-5", "COD-6"})
  void theLimitsOnElementsAndStrings() throws Exception {
    Limits limits = Limits.DEFAULTS.withMaxElements(12).withMaxStringBytes(40);
    for (Everything.Builder twelve :
        List.of(
            Everything.newBuilder().addAllNumbers(Collections.nCopies(12, 1)),
            Everything.newBuilder().addAllWords(Collections.nCopies(12, "x")),
            Everything.newBuilder().putAllCounts(Map.of("a", 1L, "b", 2L, "c", 3L, "d", 4L)))) {
      assertThat(decode(twelve.build().toByteArray(), Everything.class, limits))
          .isEqualTo(twelve.build());
      byte[] more = twelve.setFlag(true).build().toByteArray();
      limit("elements", more, Everything.class, limits);
      limit("elements", more, Small.class, limits);
    }
    byte[] unknown = new byte[399_999];
    for (int i = 0; i < unknown.length; i += 3) {
      unknown[i] = (byte) 0xf0;
      unknown[i + 1] = 3;
    }
    limit("elements", unknown, Small.class, Limits.DEFAULTS);
    Everything fits = Everything.newBuilder().setText("\u20ac".repeat(13) + "x").build();
    assertThat(decode(fits.toByteArray(), Everything.class, limits)).isEqualTo(fits);
    for (Everything.Builder large :
        List.of(
            Everything.newBuilder().setText("\u20ac".repeat(13) + "xy"),
            Everything.newBuilder().setData(ByteString.copyFrom(new byte[41])),
            Everything.newBuilder().putCounts("x".repeat(41), 1))) {
      limit("string-bytes", large.build().toByteArray(), Everything.class, limits);
      limit("string-bytes", large.build().toByteArray(), Small.class, limits);
    }
    int size = encode(fits, Everything.class).length;
    Throwable thrown =
        catchThrowable(
            () ->
                codec
                    .format(Everything.class, Limits.DEFAULTS)
                    .encode(fits, end -> 0, new EncodeBuffer(size - 1)));
    assertThat(thrown).isInstanceOf(LimitExceeded.class);
  }

  @Test
  @Rule("COD-3")
  void randomBytesThrowTheFamilyOnly() throws Exception {
    Random random = new Random(42);
    byte[] good = encode(all(), All.class);
    List<Codec.Format> formats = new ArrayList<>();
    for (Type type : List.of(Everything.class, All.class, AllEnds.class, Ends.class)) {
      formats.add(codec.format(type, Limits.DEFAULTS));
    }
    int decoded = 0;
    for (int round = 0; round < 60_000; round++) {
      byte[] bytes = round % 2 == 0 ? new byte[random.nextInt(40)] : good.clone();
      if (round % 2 == 0) {
        random.nextBytes(bytes);
      } else {
        for (int i = random.nextInt(3); i >= 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
      }
      try {
        formats.get(round % formats.size()).decode(bytes, 0, bytes.length, this::take);
        decoded++;
      } catch (ProtocolViolation | MessageRejected | LimitExceeded expected) {
        assertThat(expected.reason().message()).hasSizeLessThanOrEqualTo(200);
      }
    }
    assertThat(decoded).isGreaterThan(100);
  }

  @Test
  void refusalsOfTheTableComeOutAsTheyAre() {
    One one = new One(Channel.of(Everything.class).sender());
    for (Exception refusal :
        List.of(
            new IllegalStateException("sent away"),
            new LimitExceeded(Reason.limit("attachments", "too many")))) {
      Throwable thrown =
          catchThrowable(
              () ->
                  codec
                      .format(One.class, Limits.DEFAULTS)
                      .encode(
                          one,
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

  // Tools.

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private Object trip(Object message, Type type) throws ChannelException {
    return decode(encode(message, type), type);
  }

  private byte[] encode(Object message, Type type) throws ChannelException {
    table.clear();
    EncodeBuffer out = new EncodeBuffer(Limits.DEFAULTS.maxMessageBytes(), 7);
    codec
        .format(type, Limits.DEFAULTS)
        .encode(
            message,
            end -> {
              table.add(end);
              return table.size() - 1;
            },
            out);
    return Arrays.copyOfRange(out.array(), 7, out.length());
  }

  private Object decode(byte[] bytes, Type type) throws ChannelException {
    return decode(bytes, type, Limits.DEFAULTS);
  }

  private Object decode(byte[] bytes, Type type, Limits limits) throws ChannelException {
    taken.clear();
    byte[] around = new byte[bytes.length + 9];
    Arrays.fill(around, (byte) 0x0f);
    System.arraycopy(bytes, 0, around, 5, bytes.length);
    return codec.format(type, limits).decode(around, 5, bytes.length, this::take);
  }

  private Object take(int index, Class<?> as, @Nullable Type element) throws ChannelException {
    if (index < 0 || index >= table.size() || !as.isInstance(table.get(index))) {
      throw new MessageRejected(Reason.of(ReasonCode.REF_NOT_FOUND, "no attachment " + index));
    }
    taken.add(as.getSimpleName() + " " + (element == null ? null : element.getTypeName()));
    return table.get(index);
  }

  private void rejected(byte[] bytes, Type type) {
    rejected(bytes, type, MessageRejected.class);
  }

  private void rejected(byte[] bytes, Type type, Class<? extends Throwable> as) {
    assertThat(catchThrowable(() -> decode(bytes, type)))
        .as("%s as %s", HexFormat.of().formatHex(bytes), type)
        .isInstanceOf(as);
  }

  private void malformed(byte[] bytes, Type type) {
    assertThat(catchThrowable(() -> decode(bytes, type)))
        .as("%s as %s", HexFormat.of().formatHex(bytes), type)
        .isInstanceOf(ProtocolViolation.class)
        .hasMessageContaining("COD-3: ");
  }

  private void limit(String name, byte[] bytes, Type type, Limits limits) {
    Throwable thrown = catchThrowable(() -> decode(bytes, type, limits));
    assertThat(thrown).isInstanceOf(LimitExceeded.class);
    assertThat(((LimitExceeded) thrown).limit()).isEqualTo(name);
  }
}
