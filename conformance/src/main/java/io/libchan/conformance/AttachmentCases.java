package io.libchan.conformance;

import static io.libchan.conformance.Codes.LIMIT;
import static io.libchan.conformance.Codes.OPENER_SENDS;
import static io.libchan.conformance.Codes.PROTOCOL_ERROR;
import static io.libchan.conformance.Codes.REF_NOT_FOUND;
import static io.libchan.conformance.Codes.TWO_WAY;
import static io.libchan.conformance.Codes.TYPE_MISMATCH;
import static io.libchan.conformance.Codes.UNCLAIMED;

import java.util.ArrayList;
import java.util.List;

/** Section 5.3: ends in messages. Not to be instantiated. */
final class AttachmentCases {
  private static final int MANY = 4_000;

  private AttachmentCases() {}

  static void addTo(Cases cases) {
    cases.must("ATT-1", "the streams of an answer with an end", AttachmentCases::opensFirst);
    cases.must("ATT-2", "a stream that comes after its message", AttachmentCases::late);
    cases.must("ATT-2", "a stream that never comes", AttachmentCases::never);
    cases.must("ATT-3", "another kind than the stream's", AttachmentCases::otherKind);
    cases.must("ATT-3", "a stream of another channel", AttachmentCases::otherParent);
    cases.must("ATT-3", "a stream named twice in one message", AttachmentCases::twice);
    cases.must("ATT-3", "a stream named again later", AttachmentCases::again);
    cases.must("ATT-3", "a stream of the peer's own", AttachmentCases::peers);
    cases.must("ATT-3", "the channel itself", AttachmentCases::itself);
    cases.must("ATT-4", "more attachments than HELLO allows", AttachmentCases::tooMany);
    cases.must("ATT-4", "the peer has more to send than that", AttachmentCases::refusesTooMany);
    cases.must("ATT-5", "an index outside of the table", AttachmentCases::outside);
    cases.must("ATT-5", "an index in two places", AttachmentCases::twoPlaces);
    cases.must("ATT-6", "an end in a field that is ignored", AttachmentCases::ignored);
    cases.must("ATT-6", "the ends of a message that was dropped", AttachmentCases::dropped);
    cases.must("ATT-11", "a type that is not in the tables", AttachmentCases::unknownType);
    cases.must("LIM-1", "a limit of one channel ends nothing else", AttachmentCases::scope);
  }

  /** A kept receiver on which the tester sends. */
  private record Feed(Commands commands, Stream receiver) {
    static Feed open(Tester tester) throws Exception {
      Commands commands = tester.talk().commands();
      return new Feed(commands, commands.keep("receiver", 16));
    }

    Talk talk() {
      return commands.talk;
    }

    Stream stream(int kind) {
      return talk().attachment(kind, receiver.reference(), 4);
    }

    void send(Packet packet, List<ChannelFrame.Entry> table) throws Exception {
      talk().message(receiver, packet.codec(), table);
    }

    void refused(Long... reasons) throws Exception {
      Answer answer = commands.ask(Packet.op("receive").n(1));
      talk().expectRefused(receiver, reasons);
      talk().equal("received", "failed", answer.op());
      talk().alive();
    }

    void received(String what) throws Exception {
      talk().equal("received", what, commands.receive(1));
    }
  }

  private static ChannelFrame.Entry entry(Stream stream) {
    return new ChannelFrame.Entry(stream.kind(), stream.reference());
  }

  private static Packet bytesAt(int index) {
    return Packet.number(1).with("bytes", new Pack.End(index));
  }

  private static void opensFirst(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    for (String field : Commands.KINDS.keySet()) {
      Stream stream = commands.offer(field, 3);
      commands.talk.equal("kind of \"" + field + "\"", Commands.KINDS.get(field), stream.kind());
    }
  }

  private static void late(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    long reference = feed.talk().newReference();
    feed.send(bytesAt(0), List.of(new ChannelFrame.Entry(TWO_WAY, reference)));
    Stream reply = feed.commands.begin(Packet.op("receive").n(1));
    feed.talk().never("the receive waits", () -> reply.frame(Codes.MESSAGE) != null);
    Stream unused =
        feed.talk()
            .open(
                TWO_WAY,
                reference,
                Preamble.header(Preamble.PARENT, Bytes.u64(feed.receiver.reference())));
    feed.talk().equal("received", "ok 1", feed.commands.answer(reply));
  }

  private static void never(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    long reference = feed.talk().newReference();
    feed.send(bytesAt(0), List.of(new ChannelFrame.Entry(TWO_WAY, reference)));
    feed.send(Packet.number(2), List.of());
    feed.received("failed " + Codes.reason(REF_NOT_FOUND));
    feed.received("ok 2");
  }

  private static void otherKind(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    Stream stream = feed.stream(TWO_WAY);
    Packet packet = Packet.number(1).with("receiver", new Pack.End(0));
    feed.send(packet, List.of(new ChannelFrame.Entry(OPENER_SENDS, stream.reference())));
    feed.refused(PROTOCOL_ERROR);
  }

  private static void otherParent(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    Stream stream = feed.commands.end("bytes", 0);
    feed.send(bytesAt(0), List.of(entry(stream)));
    feed.refused(PROTOCOL_ERROR);
  }

  private static void twice(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    Stream stream = feed.stream(TWO_WAY);
    feed.send(bytesAt(0), List.of(entry(stream), entry(stream)));
    feed.refused(PROTOCOL_ERROR);
  }

  private static void again(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    Stream stream = feed.stream(TWO_WAY);
    feed.send(bytesAt(0), List.of(entry(stream)));
    feed.received("ok 1");
    feed.send(bytesAt(0), List.of(entry(stream)));
    feed.refused(PROTOCOL_ERROR);
  }

  private static void peers(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    Stream stream = feed.commands.offer("bytes", 0);
    feed.send(bytesAt(0), List.of(entry(stream)));
    feed.refused(PROTOCOL_ERROR);
  }

  private static void itself(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    Packet packet = Packet.number(1).with("receiver", new Pack.End(0));
    feed.send(packet, List.of(entry(feed.receiver)));
    feed.refused(PROTOCOL_ERROR);
  }

  private static void tooMany(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    long most = feed.talk().limit(Hello.ATTACHMENTS);
    if (most > MANY) {
      throw new NotApplicable("HELLO allows " + most + " attachments");
    }
    List<ChannelFrame.Entry> table = new ArrayList<>();
    for (long i = 0; i < most + 1; i++) {
      table.add(new ChannelFrame.Entry(TWO_WAY, feed.talk().newReference()));
    }
    feed.send(Packet.number(1), table);
    feed.refused(LIMIT);
  }

  private static void refusesTooMany(Tester tester) throws Exception {
    Commands commands = tester.talk(Hello.USUAL.attachments(0)).commands();
    Answer answer = commands.ask(Packet.op("offer").text("bytes"));
    commands.talk.equal("\"offer\" answers", "failed " + Codes.reason(LIMIT), answer.outcome());
  }

  private static void outside(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    feed.send(bytesAt(3), List.of());
    feed.send(Packet.number(2), List.of());
    feed.received("failed " + Codes.reason(TYPE_MISMATCH));
    feed.received("ok 2");
  }

  private static void twoPlaces(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    Stream stream = feed.stream(Codes.OPENER_RECEIVES);
    Packet packet = Packet.number(1).with("sender", new Pack.End(0)).with("reply", new Pack.End(0));
    feed.send(packet, List.of(entry(stream)));
    feed.send(Packet.number(2), List.of());
    feed.received("failed " + Codes.reason(TYPE_MISMATCH));
    feed.received("ok 2");
  }

  private static void ignored(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    Stream stream = feed.stream(TWO_WAY);
    feed.send(Packet.number(1).with("unknown", new Pack.End(0)), List.of(entry(stream)));
    feed.received("ok 1");
    feed.talk().expectReset(stream, UNCLAIMED);
  }

  private static void dropped(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    Stream stream = feed.stream(TWO_WAY);
    feed.send(bytesAt(0), List.of(entry(stream)));
    Answer unused = feed.commands.ok(Packet.op("cancel"));
    feed.talk().expectReset(stream, UNCLAIMED);
  }

  private static void unknownType(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    feed.send(Packet.number(1), List.of(new ChannelFrame.Entry(9, feed.talk().newReference())));
    feed.refused(PROTOCOL_ERROR);
  }

  private static void scope(Tester tester) throws Exception {
    Feed feed = Feed.open(tester);
    Stream other = feed.commands.end("receiver", 4);
    long most = feed.talk().limit(Hello.MESSAGE_BYTES);
    feed.talk().data(feed.receiver, ChannelFrame.header(Codes.MESSAGE, 3 + most), Bytes.u16(0));
    feed.talk().message(other, Packet.number(5).codec());
    Answer unused = feed.commands.ok(Packet.op("keep").end("receiver", other));
    feed.received("ok 5");
  }
}
