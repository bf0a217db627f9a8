package io.libchan.conformance;

import static io.libchan.conformance.Codes.CANCEL;
import static io.libchan.conformance.Codes.LIMIT;
import static io.libchan.conformance.Codes.PROTOCOL_ERROR;
import static io.libchan.conformance.Codes.TYPE_MISMATCH;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Section 6, for msgpack. Not to be instantiated. */
final class CodecCases {
  private static final int LEVELS = 10_000;
  private static final int ELEMENTS = 400_000;
  private static final long MANY = 64 << 20;
  private static final String SECRET = "the-secret-of-this-message";

  private CodecCases() {}

  static void addTo(Cases cases) {
    malformed(cases, "COD-1", "two values", Bytes.join(Packet.number(1).codec(), Bytes.of(0xc0)));
    malformed(cases, "COD-1", "no value", new byte[0]);
    mismatch(cases, "COD-2", "nil", Bytes.of(0xc0));
    malformed(cases, "COD-3", "truncated", Bytes.of(0x81, 0xa1, 'n'));
    malformed(cases, "COD-3", "the reserved code", Bytes.of(0xc1));
    malformed(cases, "COD-3", "UTF-8 in an overlong form", text(Bytes.of(0xc0, 0xaf)));
    malformed(cases, "COD-3", "a surrogate", text(Bytes.of(0xed, 0xa0, 0x80)));
    malformed(cases, "COD-3", "a byte that is no UTF-8", text(Bytes.of(0xff)));
    malformed(cases, "COD-3", "a key twice", Bytes.of(0x82, 0xa1, 'n', 1, 0xa1, 'n', 2));
    malformed(
        cases,
        "COD-3",
        "a key twice in a part that is ignored",
        ignored(Bytes.of(0x82, 0xa1, 'a', 1, 0xa1, 'a', 2)));
    malformed(cases, "COD-3", "no UTF-8 in a part that is ignored", ignored(Bytes.of(0xa1, 0xff)));
    cases.must("COD-4", "10,000 levels", tester -> limit(tester.talk(), ignored(levels())));
    cases.must("COD-5", "400,000 elements", tester -> limit(tester.talk(), ignored(elements())));
    cases.must("COD-6", "a text of more than half a message", CodecCases::longText);
    for (int head : new int[] {0xdb, 0xc6, 0xdd, 0xdf}) {
      malformed(
          cases,
          "COD-7",
          "4,294,967,295 declared behind 0x" + Integer.toHexString(head),
          ignored(Bytes.of(head, 0xff, 0xff, 0xff, 0xff)));
    }
    malformed(cases, "COD-8", "an attachment of one byte", field("bytes", Bytes.of(0xd4, 1, 0)));
    malformed(
        cases,
        "COD-8",
        "an attachment of four bytes, in a part that is ignored",
        ignored(Bytes.of(0xd6, 1, 0, 0, 0, 0)));
    cases.must("COD-10", "an attachment for a value", CodecCases::endForValue);
    mismatch(cases, "COD-10", "a value for an attachment", field("bytes", Bytes.of(5)));
    cases.must("COD-10", "an end of another kind", CodecCases::otherEnd);
    accepted(cases, "COD-10", "nil for an attachment", field("bytes", Bytes.of(0xc0)));
    accepted(
        cases,
        "COD-11",
        "fields that the type does not have",
        ignored(Pack.write(Map.of("a", List.of(1, "x", Map.of("b", true)), "c", 1.5))));
    mismatch(cases, "COD-12", "text for a number", number(Pack.write("7")));
    mismatch(cases, "COD-12", "a number for text", field("text", Bytes.of(7)));
    mismatch(cases, "COD-12", "a fraction for an integer", number(Pack.write(1.5)));
    mismatch(
        cases,
        "COD-12",
        "an integer of 64 bits without sign for one with",
        number(Bytes.join(Bytes.of(0xcf), Bytes.u64(-1))));
    accepted(cases, "COD-12", "nil for a text", field("text", Bytes.of(0xc0)));
    mismatch(cases, "COD-12", "a list for a packet", Pack.write(List.of(1, 2)));
    for (byte[] seven :
        List.of(
            Bytes.of(7),
            Bytes.of(0xcc, 7),
            Bytes.of(0xcd, 0, 7),
            Bytes.of(0xce, 0, 0, 0, 7),
            Bytes.of(0xcf, 0, 0, 0, 0, 0, 0, 0, 7),
            Bytes.of(0xd0, 7),
            Bytes.of(0xd1, 0, 7),
            Bytes.of(0xd2, 0, 0, 0, 7),
            Bytes.of(0xd3, 0, 0, 0, 0, 0, 0, 0, 7))) {
      accepted(cases, "COD-14", "7 in " + seven.length + " bytes", number(seven));
    }
    cases.must("COD-14", "a packet comes back", CodecCases::comesBack);
    cases.must("COD-15", "a malformed message with a secret", CodecCases::secret);
    mismatch(cases, "COD-17", "a key that is a number", Bytes.of(0x81, 5, 7));
    accepted(
        cases, "COD-18", "an unknown extension that is ignored", ignored(Bytes.of(0xd4, 9, 0)));
    mismatch(cases, "COD-18", "an unknown extension for a number", number(Bytes.of(0xd4, 9, 0)));
  }

  private static byte[] field(String name, byte[] value) {
    return Pack.write(Map.of(name, new Pack.Raw(value)));
  }

  private static byte[] number(byte[] value) {
    return field("n", value);
  }

  /** A field that packets do not have, and n of 7. */
  private static byte[] ignored(byte[] value) {
    return Bytes.join(Bytes.of(0x82, 0xa1, 'n', 7), Bytes.of(0xa7), Bytes.text("unknown"), value);
  }

  private static byte[] text(byte[] bytes) {
    return field("text", Bytes.join(Bytes.of(0xa0 + bytes.length), bytes));
  }

  private static byte[] levels() {
    byte[] levels = new byte[LEVELS + 1];
    java.util.Arrays.fill(levels, (byte) 0x91);
    levels[LEVELS] = (byte) 0xc0;
    return levels;
  }

  private static byte[] elements() {
    byte[] elements = new byte[ELEMENTS];
    java.util.Arrays.fill(elements, (byte) 0xc0);
    return Bytes.join(Bytes.of(0xdd), Bytes.u32(ELEMENTS), elements);
  }

  private static void malformed(Cases cases, String rule, String title, byte[] codec) {
    cases.must(rule, title, tester -> malformed(tester, codec));
  }

  private static void mismatch(Cases cases, String rule, String title, byte[] codec) {
    cases.must(rule, title, tester -> mismatch(tester, codec));
  }

  private static void accepted(Cases cases, String rule, String title, byte[] codec) {
    cases.must(rule, title, tester -> accepted(tester, codec));
  }

  private static void malformed(Tester tester, byte[] codec) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 4);
    talk.message(receiver, codec);
    talk.equal("received", "failed " + Codes.reason(PROTOCOL_ERROR), commands.receive(1));
    talk.expectRefused(receiver, PROTOCOL_ERROR);
    talk.alive();
  }

  private static void mismatch(Tester tester, byte[] codec, Stream... ends) throws Exception {
    Commands commands = tester.talk().commands();
    mismatch(commands, commands.keep("receiver", 4), codec, ends);
  }

  private static void mismatch(Commands commands, Stream receiver, byte[] codec, Stream... ends)
      throws Exception {
    Talk talk = commands.talk;
    talk.message(receiver, codec, ends);
    talk.message(receiver, Packet.number(2).codec());
    talk.equal("received", "failed " + Codes.reason(TYPE_MISMATCH), commands.receive(1));
    talk.equal("the next one", "ok 2", commands.receive(1));
  }

  private static void accepted(Tester tester, byte[] codec) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 4);
    commands.talk.message(receiver, codec);
    Answer answer = commands.ask(Packet.op("receive").n(1));
    commands.talk.equal("received", "ok", answer.op());
    commands.talk.isTrue("7 as n, or none", List.of("7", "0", "").contains(answer.text()), answer);
  }

  private static void limit(Talk talk, byte[] codec) throws Exception {
    Commands commands = talk.commands();
    if (codec.length > talk.limit(Hello.MESSAGE_BYTES)) {
      throw new NotApplicable("HELLO does not allow a message of " + codec.length + " bytes");
    }
    Stream receiver = commands.keep("receiver", 4);
    Stream reply = commands.begin(Packet.op("receive").n(1));
    talk.message(receiver, codec);
    talk.equal("received", "failed " + Codes.reason(LIMIT), commands.answer(reply));
    talk.alive();
  }

  private static void longText(Tester tester) throws Exception {
    Talk talk = tester.talk();
    long most = talk.limit(Hello.MESSAGE_BYTES);
    if (most > MANY) {
      throw new NotApplicable("HELLO allows messages of " + most + " bytes");
    }
    byte[] text = new byte[(int) (most / 2) + 1];
    java.util.Arrays.fill(text, (byte) 'x');
    limit(talk, ignored(Bytes.join(Bytes.of(0xdb), Bytes.u32(text.length), text)));
  }

  private static void endForValue(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 4);
    Stream bytes = commands.talk.attachment(Codes.TWO_WAY, receiver.reference(), 0);
    mismatch(commands, receiver, field("text", Pack.write(new Pack.End(0))), bytes);
  }

  private static void otherEnd(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 4);
    Stream bytes = commands.talk.attachment(Codes.TWO_WAY, receiver.reference(), 0);
    mismatch(commands, receiver, field("sender", Pack.write(new Pack.End(0))), bytes);
  }

  private static void comesBack(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    byte[] data = Bytes.pattern(300);
    String text = "caf\u00e9 \ud83d\ude00 \u0000";
    for (long n : new long[] {0, -1, 127, 128, -33, 65_536, Long.MAX_VALUE, Long.MIN_VALUE}) {
      Answer answer = commands.ok(Packet.op("echo").n(n).text(text).data(data));
      commands.talk.equal("n", n, answer.n());
      commands.talk.equal("text", text, answer.text());
      commands.talk.isTrue("data as bin", java.util.Arrays.equals(data, answer.data()), "other");
    }
  }

  private static void secret(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 4);
    List<Object> values = new ArrayList<>(Collections.nCopies(3, SECRET));
    values.add(new Pack.Raw(Bytes.of(0xc1)));
    talk.message(receiver, Pack.write(Map.of("text", values)));
    talk.equal("\"receive\" answers", "failed", commands.ask(Packet.op("receive").n(1)).op());
    ChannelFrame cancel = receiver.frame(CANCEL);
    WireReason told = cancel == null ? null : cancel.reason();
    if (told != null) {
      talk.isTrue("nothing of the message in the reason", !told.text().contains(SECRET), told);
      talk.isTrue("a text of at most 200 characters", told.text().length() <= 200, told);
    }
  }
}
