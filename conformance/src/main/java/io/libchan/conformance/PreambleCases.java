package io.libchan.conformance;

import static io.libchan.conformance.Codes.LIMIT;
import static io.libchan.conformance.Codes.PROTOCOL_ERROR;
import static io.libchan.conformance.Codes.UNCLAIMED;
import static io.libchan.conformance.Codes.UNSUPPORTED;

import java.util.ArrayList;
import java.util.List;

/** Section 4: what a stream is for. Not to be instantiated. */
final class PreambleCases {
  private static final int MANY = 4_000;

  private PreambleCases() {}

  static void addTo(Cases cases) {
    cases.must("PRE-1", "the references of the peer's streams", PreambleCases::references);
    cases.must(
        "PRE-2",
        "too short for a reference",
        tester -> malformed(tester, Bytes.of(0, 4, 1, 0, 0, 0)));
    cases.must("PRE-2", "longer than 8,192 bytes", PreambleCases::tooLong);
    cases.must("PRE-2", "a header that is cut short", PreambleCases::cutHeader);
    cases.must("PRE-2", "a known header twice", PreambleCases::headerTwice);
    cases.must("PRE-2", "an end in its middle", PreambleCases::endInside);
    cases.must("PRE-2", "a capacity of two bytes", PreambleCases::shortCapacity);
    cases.must("PRE-3", "a reference of the other side", PreambleCases::otherParity);
    cases.must("PRE-3", "a reference twice", PreambleCases::referenceTwice);
    cases.must("PRE-4", "an unknown header below 128", PreambleCases::ignoredHeader);
    cases.must("PRE-4", "an unknown header from 128", PreambleCases::demandedHeader);
    cases.must("PRE-4", "an unknown kind", PreambleCases::unknownKind);
    cases.must("PRE-5", "a first stream that is no control stream", PreambleCases::noControl);
    cases.must("PRE-5", "a second control stream", PreambleCases::secondControl);
    for (int kind = Codes.OPENER_RECEIVES; kind <= Codes.OPENER_READS; kind++) {
      int one = kind;
      cases.must("PRE-6", "kind " + kind + " without a parent", tester -> topLevel(tester, one));
    }
    cases.must("PRE-7", "channels that nobody accepts", PreambleCases::backlog);
    cases.must("PRE-8", "a stream that no message names", PreambleCases::unclaimed);
    cases.must("PRE-9", "a codec that nobody has", PreambleCases::codec);
    cases.must("PRE-11", "a header that the kind does not use", PreambleCases::unusedHeader);
    cases.must("PRE-12", "a name in other letters", PreambleCases::otherName);
  }

  private static void references(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    for (String field : List.of("sender", "receiver", "bytes")) {
      Stream unused = commands.offer(field, 4);
    }
  }

  private static void malformed(Tester tester, byte[] preamble) throws Exception {
    Talk talk = tester.talk();
    Stream unused = talk.begin(Codes.OPENER_SENDS, 0, preamble);
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void tooLong(Tester tester) throws Exception {
    Talk talk = tester.talk();
    Stream unused = talk.begin(Codes.OPENER_SENDS, 0, Bytes.of(0x20, 1, 1));
    talk.expectEnd(PROTOCOL_ERROR, LIMIT); // PRE-10
  }

  private static byte[] usual(long reference, byte[]... more) {
    return Preamble.bytes(
        Codes.OPENER_SENDS,
        reference,
        Preamble.header(Preamble.NAME, Bytes.text("conformance")),
        Preamble.header(Preamble.CODEC, Bytes.text("msgpack")),
        Bytes.join(more));
  }

  private static void cutHeader(Tester tester) throws Exception {
    Talk talk = tester.talk();
    long reference = talk.newReference();
    Stream unused =
        talk.begin(Codes.OPENER_SENDS, reference, usual(reference, Bytes.of(5, 0, 9, 1)));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void headerTwice(Tester tester) throws Exception {
    Talk talk = tester.talk();
    long reference = talk.newReference();
    byte[] again = Preamble.header(Preamble.NAME, Bytes.text("conformance"));
    Stream unused = talk.begin(Codes.OPENER_SENDS, reference, usual(reference, again));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void endInside(Tester tester) throws Exception {
    Talk talk = tester.talk();
    Stream stream = talk.begin(Codes.OPENER_SENDS, 0, Bytes.of(0, 20, 1, 0));
    talk.end(stream);
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void shortCapacity(Tester tester) throws Exception {
    Talk talk = tester.talk();
    long reference = talk.newReference();
    byte[] capacity = Preamble.header(Preamble.CAPACITY, Bytes.u16(4));
    Stream unused = talk.begin(Codes.OPENER_SENDS, reference, usual(reference, capacity));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void otherParity(Tester tester) throws Exception {
    Talk talk = tester.talk();
    long reference = talk.newReference() + 1;
    Stream unused = talk.begin(Codes.OPENER_SENDS, reference, usual(reference));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void referenceTwice(Tester tester) throws Exception {
    Talk talk = tester.talk();
    long reference = talk.newReference();
    Stream unusedFirst = talk.begin(Codes.OPENER_SENDS, reference, usual(reference));
    Stream unusedSecond = talk.begin(Codes.OPENER_SENDS, reference, usual(reference));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void ignoredHeader(Tester tester) throws Exception {
    Talk talk = tester.talk();
    long reference = talk.newReference();
    byte[] unknown = Preamble.header(100, Bytes.of(1, 2, 3));
    Stream stream = talk.begin(Codes.OPENER_SENDS, reference, usual(reference, unknown));
    Answer unused = new Commands(talk, stream).ok(Packet.op("keep"));
  }

  private static void demandedHeader(Tester tester) throws Exception {
    Talk talk = tester.talk();
    long reference = talk.newReference();
    byte[] unknown = Preamble.header(200, Bytes.of(1));
    Stream stream = talk.begin(Codes.OPENER_SENDS, reference, usual(reference, unknown));
    talk.expectReset(stream, UNSUPPORTED);
    talk.alive();
  }

  private static void unknownKind(Tester tester) throws Exception {
    Talk talk = tester.talk();
    Stream stream = talk.open(9);
    talk.expectReset(stream, UNSUPPORTED);
    talk.alive();
  }

  private static void noControl(Tester tester) throws Exception {
    tester.onlyWhenConnecting("the peer opens the control stream");
    Talk talk = tester.connect();
    byte[] preamble = usual(1);
    Stream unused = talk.add(1, Codes.OPENER_SENDS, 1, preamble);
    talk.wire.write(
        MuxFrame.of(Codes.WINDOW_UPDATE, Codes.SYN, 1, 0), MuxFrame.data(0, 1, preamble));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void secondControl(Tester tester) throws Exception {
    Talk talk = tester.talk();
    Stream unused = talk.open(Codes.CONTROL);
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void topLevel(Tester tester, int kind) throws Exception {
    Talk talk = tester.talk();
    Stream stream = talk.open(kind, Preamble.header(Preamble.CODEC, Bytes.text("msgpack")));
    talk.expectReset(stream, UNSUPPORTED);
    talk.alive();
  }

  private static void backlog(Tester tester) throws Exception {
    Talk talk = tester.talk();
    long most = talk.limit(Hello.STREAMS);
    if (most > MANY) {
      throw new NotApplicable("HELLO allows " + most + " streams");
    }
    List<Stream> streams = new ArrayList<>();
    for (long i = 0; i < most; i++) {
      streams.add(talk.channel("nobody", 4));
    }
    streams.add(talk.channel("nobody", 4));
    talk.expectRefused(streams.get(streams.size() - 1), LIMIT);
    talk.ping();
  }

  private static void unclaimed(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Answer unused = commands.ok(Packet.op("keep"));
    Stream stream = commands.end("bytes", 0);
    commands.talk.expectReset(stream, UNCLAIMED);
  }

  private static void codec(Tester tester) throws Exception {
    Talk talk = tester.talk();
    Stream stream =
        talk.open(
            Codes.OPENER_SENDS,
            Preamble.header(Preamble.NAME, Bytes.text("conformance")),
            Preamble.header(Preamble.CODEC, Bytes.text("nobody-has-this")));
    talk.expectRefused(stream, UNSUPPORTED);
    talk.alive();
  }

  private static void unusedHeader(Tester tester) throws Exception {
    Talk talk = tester.talk();
    long reference = talk.newReference();
    byte[] file = Preamble.header(8, Bytes.text("0/10"));
    Stream stream = talk.begin(Codes.OPENER_SENDS, reference, usual(reference, file));
    Answer unused = new Commands(talk, stream).ok(Packet.op("keep"));
  }

  private static void otherName(Tester tester) throws Exception {
    Talk talk = tester.talk();
    Commands other = new Commands(talk, talk.channel("Conformance", 4));
    Stream reply = other.begin(Packet.op("keep"));
    talk.alive();
    talk.never("no answer on a channel of another name", () -> reply.messagesIn > 0);
  }
}
