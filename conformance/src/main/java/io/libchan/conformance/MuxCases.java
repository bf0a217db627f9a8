package io.libchan.conformance;

import static io.libchan.conformance.Codes.ACK;
import static io.libchan.conformance.Codes.DATA;
import static io.libchan.conformance.Codes.FIN;
import static io.libchan.conformance.Codes.GO_AWAY;
import static io.libchan.conformance.Codes.LIMIT;
import static io.libchan.conformance.Codes.PING;
import static io.libchan.conformance.Codes.PROTOCOL_ERROR;
import static io.libchan.conformance.Codes.RST;
import static io.libchan.conformance.Codes.SYN;
import static io.libchan.conformance.Codes.WINDOW_UPDATE;

import java.util.Arrays;

/**
 * Section 3: streams over the connection. {@link WindowCases} has their windows. Not to be
 * instantiated.
 */
final class MuxCases {
  private static final int FLOOD = 1_500;
  private static final long MANY_STREAMS = 4_000;
  private static final byte[] NOTHING = new byte[0];

  private MuxCases() {}

  static void addTo(Cases cases) {
    cases.must("MUX-1", "the peer opens a stream for a channel", tester -> offer(tester, "sender"));
    cases.must("MUX-1", "the peer opens a stream for bytes", tester -> offer(tester, "bytes"));
    cases.must("MUX-2", "a stream that nobody accepts", MuxCases::answersAtOnce);
    cases.must("MUX-3", "the peer ends and resets streams", MuxCases::oneFlag);
    cases.must("MUX-4", "SYN on DATA with the preamble", MuxCases::synOnData);
    cases.must("MUX-4", "ACK on DATA with payload", MuxCases::ackOnData);
    cases.must("MUX-4", "FIN on DATA with payload", MuxCases::finOnData);
    cases.must("MUX-4", "FIN on WINDOW_UPDATE", MuxCases::finOnWindowUpdate);
    cases.must("MUX-4", "RST on DATA", MuxCases::rstOnData);
    cases.must("MUX-4", "late frames for a stream that is over", MuxCases::late);
    cases.must("MUX-5", "the peer resets with the application's number", MuxCases::resetNumber);
    cases.must("MUX-11", "PING is answered with its value", MuxCases::ping);
    cases.must("MUX-11", "20 PINGs at once", MuxCases::pings);
    cases.must("MUX-11", "an answer that nobody asked for", MuxCases::unasked);
    cases.must("MUX-12", "the tester falls silent", MuxCases::silent);
    cases.must("MUX-13", "the tester closes the session", MuxCases::closed);
    cases.must("MUX-13", "the peer closes the session", MuxCases::closes);
    cases.must("MUX-13", "GO_AWAY on an error", MuxCases::errorCode);
    cases.must("MUX-14", "SYN with the other side's parity", MuxCases::otherParity);
    cases.must("MUX-14", "SYN with a lower id", MuxCases::lowerId);
    cases.must("MUX-14", "the ids of the peer's streams", MuxCases::ids);
    cases.must(
        "MUX-15",
        "an unknown version",
        tester -> garbage(tester, new MuxFrame(1, 0, 0, 1, 0, NOTHING)));
    cases.must("MUX-15", "an unknown type", tester -> garbage(tester, MuxFrame.of(9, 0, 0, 0)));
    cases.must(
        "MUX-15", "DATA of a stream that was never opened", tester -> neverOpened(tester, DATA));
    cases.must(
        "MUX-15",
        "WINDOW_UPDATE of a stream that was never opened",
        tester -> neverOpened(tester, WINDOW_UPDATE));
    cases.must("MUX-16", FLOOD + " frames without payload or credit", MuxCases::flood);
    cases.must("MUX-17", "more streams than HELLO allows", MuxCases::tooMany);
    cases.must("MUX-19", "DATA behind FIN", MuxCases::dataBehindFin);
    cases.must(
        "MUX-20", "unknown flags, and a stream field where there is none", MuxCases::ignored);
  }

  private static void offer(Tester tester, String field) throws Exception {
    Commands commands = tester.talk().commands();
    Stream offered = commands.offer(field, 4);
    commands.talk.equal("kind", Commands.KINDS.get(field), offered.kind());
  }

  private static void answersAtOnce(Tester tester) throws Exception {
    Talk talk = tester.talk();
    Stream stream = talk.channel("nobody", 4);
    talk.wire.until("WINDOW_UPDATE with ACK, or RST, on " + stream, () -> stream.answered);
  }

  private static void oneFlag(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream bytes = commands.keep("bytes", 0);
    Answer unused = commands.ok(Packet.op("close"));
    commands.talk.wire.until("FIN on " + bytes, () -> bytes.ended);
    Stream sender = commands.keep("sender", 4);
    Answer unusedClosed = commands.ok(Packet.op("close"));
    commands.talk.wire.until("FIN on " + sender, () -> sender.ended);
  }

  private static void synOnData(Tester tester) throws Exception {
    Talk talk = tester.talk();
    int id = talk.newId();
    long reference = talk.newReference();
    byte[] preamble =
        Preamble.bytes(
            Codes.OPENER_SENDS,
            reference,
            Preamble.header(Preamble.NAME, Bytes.text("conformance")),
            Preamble.header(Preamble.CODEC, Bytes.text("msgpack")));
    Stream stream = talk.add(id, Codes.OPENER_SENDS, reference, preamble);
    talk.wire.write(MuxFrame.data(SYN, id, preamble));
    Answer unused = new Commands(talk, stream).ok(Packet.op("keep"));
  }

  private static void ackOnData(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Answer unused = commands.ok(Packet.op("keep"));
    talk.wire.change(() -> talk.wire.acceptsStreams = false);
    Stream offered = commands.offer("bytes", 0);
    talk.wire.write(MuxFrame.data(ACK, offered.id, Bytes.text("abc")));
    talk.equal("read", "abc", Bytes.text(commands.readBytes(3).data()));
  }

  private static void finOnData(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream bytes = commands.keep("bytes", 0);
    commands.talk.wire.write(MuxFrame.data(FIN, bytes.id, Bytes.text("abc")));
    Answer answer = commands.readBytes(10);
    commands.talk.equal("read", "end abc", answer.op() + " " + Bytes.text(answer.data()));
  }

  private static void finOnWindowUpdate(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream bytes = commands.keep("bytes", 0);
    commands.talk.data(bytes, Bytes.text("abc"));
    commands.talk.wire.write(MuxFrame.of(WINDOW_UPDATE, FIN, bytes.id, 0));
    Answer answer = commands.readBytes(10);
    commands.talk.equal("read", "end abc", answer.op() + " " + Bytes.text(answer.data()));
  }

  private static void rstOnData(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream bytes = commands.keep("bytes", 0);
    commands.talk.wire.write(MuxFrame.data(RST, bytes.id, NOTHING));
    commands.talk.equal("read", "failed", commands.readBytes(1).op());
  }

  private static void late(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream bytes = commands.keep("bytes", 0);
    talk.reset(bytes, 70_001);
    talk.ping();
    talk.data(bytes, Bytes.text("late"));
    talk.grant(bytes, 1_000);
    talk.end(bytes);
    talk.alive();
  }

  private static void resetNumber(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream bytes = commands.keep("bytes", 0);
    Answer unused = commands.ok(Packet.op("close").n(70_001));
    commands.talk.expectReset(bytes, 70_001);
  }

  private static void ping(Tester tester) throws Exception {
    Talk talk = tester.talk();
    for (long value : new long[] {0, 1, 0x1234_5678L, 0xffff_ffffL}) {
      talk.wire.change(talk.wire.pings::clear);
      talk.wire.write(MuxFrame.of(PING, SYN, 0, value));
      MuxFrame answer =
          talk.wire.await(
              "PING with ACK and " + value,
              () -> talk.wire.pings.stream().filter(one -> one.has(ACK)).findFirst().orElse(null));
      talk.equal("PING with ACK and", value, answer.length());
    }
  }

  private static void pings(Tester tester) throws Exception {
    Talk talk = tester.talk();
    MuxFrame[] all = new MuxFrame[20];
    for (int i = 0; i < all.length; i++) {
      all[i] = MuxFrame.of(PING, SYN, 0, 500 + i);
    }
    talk.wire.write(all);
    for (int i = 4; i < all.length; i++) {
      int value = 500 + i;
      talk.wire.until(
          "an answer to the PING with " + value,
          () -> talk.wire.pings.stream().anyMatch(one -> one.has(ACK) && one.length() == value));
    }
  }

  private static void unasked(Tester tester) throws Exception {
    Talk talk = tester.talk();
    talk.wire.write(MuxFrame.of(PING, ACK, 0, 4_242));
    talk.alive();
  }

  private static void silent(Tester tester) throws Exception {
    Talk talk = tester.talk();
    talk.alive();
    talk.wire.change(() -> talk.wire.answersPings = false);
    talk.wire.until(
        "PING after the keep-alive interval (a longer one needs a longer --wait)",
        () -> talk.wire.pings.stream().anyMatch(one -> one.has(SYN)));
    talk.wire.until("the end of the session", () -> talk.wire.over);
    WireReason told = talk.sessionEnd();
    talk.equal(
        "reason",
        Codes.reason(Codes.KEEPALIVE_TIMEOUT),
        told == null ? Codes.reason(Codes.KEEPALIVE_TIMEOUT) : Codes.reason(told.number()));
    long asked = talk.wire.pings.stream().filter(one -> one.has(SYN)).count();
    if (asked > 1) {
      throw new Broken("MUX-11", "at most one unanswered PING", asked + " of them");
    }
  }

  private static void closed(Tester tester) throws Exception {
    Talk talk = tester.talk();
    talk.alive();
    talk.wire.write(MuxFrame.of(GO_AWAY, 0, 0, 0));
    talk.wire.until("GO_AWAY and the end of the connection", () -> talk.wire.over);
    talk.equal("GO_AWAY with", 0, talk.wire.goAway);
  }

  private static void closes(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Answer unused = commands.ok(Packet.op("leave"));
    talk.wire.until("GO_AWAY", () -> talk.wire.goAway >= 0);
    talk.equal("GO_AWAY with", 0, talk.wire.goAway);
    talk.wire.write(MuxFrame.of(GO_AWAY, 0, 0, 0));
    talk.wire.until("the end of the connection", () -> talk.wire.over);
  }

  private static void errorCode(Tester tester) throws Exception {
    Talk talk = tester.talk();
    talk.wire.write(MuxFrame.of(9, 0, 0, 0));
    talk.wire.until("GO_AWAY and the end of the connection", () -> talk.wire.over);
    talk.equal("GO_AWAY with", 1, talk.wire.goAway);
  }

  private static void otherParity(Tester tester) throws Exception {
    Talk talk = tester.talk();
    int id = talk.newId() + 1;
    talk.wire.write(
        MuxFrame.of(WINDOW_UPDATE, SYN, id, 0),
        MuxFrame.data(0, id, Preamble.bytes(Codes.TWO_WAY, talk.newReference())));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void lowerId(Tester tester) throws Exception {
    Talk talk = tester.talk();
    int skipped = talk.newId();
    talk.alive();
    talk.wire.write(
        MuxFrame.of(WINDOW_UPDATE, SYN, skipped, 0),
        MuxFrame.data(0, skipped, Preamble.bytes(Codes.TWO_WAY, talk.newReference())));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void ids(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    for (int i = 0; i < 3; i++) {
      Stream unused = commands.offer("sender", 4);
    }
  }

  private static void garbage(Tester tester, MuxFrame frame) throws Exception {
    Talk talk = tester.talk();
    talk.wire.write(frame);
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void neverOpened(Tester tester, int type) throws Exception {
    Talk talk = tester.talk();
    int id = talk.newId() + 1_000;
    talk.wire.write(
        type == DATA ? MuxFrame.data(0, id, Bytes.of(1, 2, 3)) : MuxFrame.of(type, 0, id, 5));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void flood(Tester tester) throws Exception {
    Talk talk = tester.talk();
    MuxFrame[] all = new MuxFrame[FLOOD];
    Arrays.fill(all, MuxFrame.of(WINDOW_UPDATE, 0, 1, 0));
    talk.wire.write(all);
    talk.wire.write(MuxFrame.of(PING, SYN, 0, 4_343));
    talk.wire.until(
        "an answer, or the end of the session with LIMIT",
        () -> talk.wire.over || talk.wire.pings.stream().anyMatch(one -> one.length() == 4_343));
    if (talk.wire.over) {
      talk.expectEnd(LIMIT);
    }
  }

  private static void tooMany(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    long most = talk.limit(Hello.STREAMS);
    if (most > MANY_STREAMS) {
      throw new NotApplicable("HELLO allows " + most + " streams");
    }
    Stream last = commands.channel;
    for (long i = 0; i < most + 2; i++) {
      last = commands.end("bytes", 0);
    }
    talk.expectReset(last, LIMIT);
    talk.ping();
  }

  private static void dataBehindFin(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream bytes = commands.keep("bytes", 0);
    commands.talk.end(bytes);
    commands.talk.data(bytes, Bytes.of(1));
    commands.talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void ignored(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream bytes = commands.keep("bytes", 0);
    talk.wire.write(MuxFrame.data(0x40, bytes.id, Bytes.text("abc")));
    talk.wire.write(MuxFrame.of(PING, SYN, 5, 4_444));
    talk.wire.until(
        "an answer to PING with a stream field",
        () -> talk.wire.pings.stream().anyMatch(one -> one.length() == 4_444));
    talk.equal("read", "abc", Bytes.text(commands.readBytes(3).data()));
  }
}
