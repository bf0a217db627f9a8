package io.libchan.conformance;

import static io.libchan.conformance.Codes.CANCELLED;
import static io.libchan.conformance.Codes.PROTOCOL_ERROR;
import static io.libchan.conformance.Codes.TRUNCATED;

/** Section 5.4: byte streams. Not to be instantiated. */
final class ByteCases {
  private static final long OURS = 70_001;

  private ByteCases() {}

  static void addTo(Cases cases) {
    for (String field : new String[] {"bytes", "input"}) {
      cases.must(
          "CH-40", "to the peer's " + field + ", to the end", tester -> reads(tester, field));
    }
    for (String field : new String[] {"bytes", "output"}) {
      cases.must("CH-40", "from its " + field + ", to the end", tester -> writes(tester, field));
    }
    cases.must("CH-40", "a stream that the peer opened", ByteCases::offered);
    cases.must(
        "CH-41", "a reset with a reason", tester -> reset(tester, OURS, Long.toString(OURS)));
    cases.must("CH-41", "a reset with 0", tester -> reset(tester, 0, Codes.reason(TRUNCATED)));
    cases.must("CH-42", "the peer reads only", ByteCases::onlyReads);
    cases.must("CH-43", "the peer wants no more of a one-way stream", ByteCases::noMore);
    cases.must("CH-43", "the peer wants no more of a two-way stream", ByteCases::drops);
    cases.must("CH-45", "bytes in a direction that is not there", ByteCases::wrongWay);
  }

  private static void reads(Tester tester, String field) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream stream = commands.keep(field, 0);
    talk.data(stream, Bytes.text("hello, "));
    talk.data(stream, Bytes.text("world"));
    Answer answer = commands.readBytes(5);
    talk.equal("read", "ok hello", answer.op() + " " + Bytes.text(answer.data()));
    talk.end(stream);
    Answer rest = commands.readBytes(100);
    talk.equal("read", "end , world", rest.op() + " " + Bytes.text(rest.data()));
  }

  private static void writes(Tester tester, String field) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream stream = commands.keep(field, 0);
    Answer unusedWritten = commands.ok(Packet.op("write").data(Bytes.text("abc")).n(2));
    Answer unusedClosed = commands.ok(Packet.op("close"));
    talk.wire.until("the end of the peer's bytes", () -> stream.ended);
    talk.equal("bytes", "abcabc", Bytes.text(talk.wire.bytes(stream)));
  }

  private static void offered(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream stream = commands.offer("bytes", 0);
    talk.data(stream, Bytes.text("there"));
    talk.equal("read", "there", Bytes.text(commands.readBytes(5).data()));
    Answer unused = commands.ok(Packet.op("write").data(Bytes.text("back")).n(1));
    talk.wire.until("4 bytes", () -> stream.bytes.size() == 4);
    talk.equal("bytes", "back", Bytes.text(talk.wire.bytes(stream)));
  }

  private static void reset(Tester tester, long number, String told) throws Exception {
    Commands commands = tester.talk().commands();
    Stream stream = commands.keep("bytes", 0);
    commands.talk.reset(stream, number);
    commands.talk.equal("read", "failed " + told, commands.readBytes(1).outcome());
  }

  private static void onlyReads(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream input = commands.keep("input", 0);
    commands.talk.wire.until("the end of the direction that is not used", () -> input.ended);
    Stream output = commands.offer("output", 0);
    commands.talk.equal("kind", Codes.OPENER_READS, output.kind());
    commands.talk.wire.until("the end of the opener's direction", () -> output.ended);
  }

  private static void noMore(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream input = commands.keep("input", 0);
    commands.talk.data(input, Bytes.text("abc"));
    Answer unused = commands.ok(Packet.op("cancel"));
    commands.talk.expectReset(input, CANCELLED);
  }

  private static void drops(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream bytes = commands.keep("bytes", 0);
    talk.data(bytes, Bytes.text("abc"));
    Answer unused = commands.ok(Packet.op("cancel"));
    talk.send(bytes, Bytes.pattern(2 * Codes.WINDOW)); // dropped, so there is credit
    Answer unusedWritten = commands.ok(Packet.op("write").data(Bytes.text("still here")).n(1));
    talk.wire.until("bytes in the other direction", () -> bytes.bytes.size() == 10);
    talk.isTrue("no reset", !bytes.reset, "a reset");
  }

  private static void wrongWay(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream mine = openReading(commands);
    talk.data(mine, Bytes.text("wrong"));
    Answer unused = commands.ask(Packet.op("keep").end("output", mine));
    talk.expectReset(mine, PROTOCOL_ERROR);
    talk.alive();
  }

  /** A stream of kind 5 whose opener has not ended its direction. */
  private static Stream openReading(Commands commands) {
    Talk talk = commands.talk;
    int id = talk.newId();
    long reference = talk.newReference();
    byte[] preamble =
        Preamble.bytes(
            Codes.OPENER_READS,
            reference,
            Preamble.header(Preamble.PARENT, Bytes.u64(commands.channel.reference())));
    Stream stream = talk.add(id, Codes.OPENER_READS, reference, preamble);
    talk.wire.write(
        MuxFrame.of(Codes.WINDOW_UPDATE, Codes.SYN, id, 0), MuxFrame.data(0, id, preamble));
    return stream;
  }
}
