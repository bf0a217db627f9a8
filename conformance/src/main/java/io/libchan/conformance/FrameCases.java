package io.libchan.conformance;

import static io.libchan.conformance.Codes.LIMIT;
import static io.libchan.conformance.Codes.PROTOCOL_ERROR;

/** Section 5: frames on the control stream and on channels. Not to be instantiated. */
final class FrameCases {
  private static final long TWO_GIB = 0x7fff_ffffL;

  private FrameCases() {}

  static void addTo(Cases cases) {
    cases.must(
        "FRM-1",
        "an unknown kind, to a receiver",
        tester -> toReceiver(tester, ChannelFrame.bytes(99)));
    cases.must(
        "FRM-1",
        "ACK, to a receiver",
        tester -> toReceiver(tester, ChannelFrame.bytes(Codes.RECEIVED, Bytes.u64(1))));
    cases.must(
        "FRM-1",
        "an unknown kind, to a sender",
        tester -> toSender(tester, ChannelFrame.bytes(99)));
    cases.must(
        "FRM-1",
        "an unknown kind on the control stream",
        tester -> toSession(tester, ChannelFrame.bytes(99)));
    cases.must(
        "FRM-2",
        "MESSAGE of 2 GiB",
        tester -> toReceiver(tester, ChannelFrame.header(Codes.MESSAGE, TWO_GIB)));
    cases.must(
        "FRM-2",
        "CLOSE of 1 MiB",
        tester -> toReceiver(tester, ChannelFrame.header(Codes.CLOSE, 1 << 20)));
    cases.must(
        "FRM-2",
        "ACK of 1 MiB",
        tester -> toSender(tester, ChannelFrame.header(Codes.RECEIVED, 1 << 20)));
    cases.must(
        "FRM-2",
        "DRAIN of 2 GiB",
        tester -> toSession(tester, ChannelFrame.header(Codes.DRAIN, TWO_GIB)));
    cases.must(
        "FRM-3",
        "ACK of 4 bytes",
        tester -> toSender(tester, ChannelFrame.bytes(Codes.RECEIVED, Bytes.u32(0))));
    cases.must(
        "FRM-3",
        "CLOSE with a byte too many",
        tester ->
            toReceiver(
                tester,
                ChannelFrame.bytes(
                    Codes.CLOSE, Bytes.join(WireReason.of(2).bytes(), Bytes.of(0)))));
    cases.must(
        "FRM-3",
        "SESSION_END that is cut short",
        tester -> toSession(tester, ChannelFrame.bytes(Codes.SESSION_END, Bytes.of(0, 0))));
    cases.must("FRM-4", "a command byte by byte", FrameCases::byteByByte);
    cases.must("FRM-4", "a command in the DATA of the preamble", FrameCases::behindPreamble);
  }

  /** The frame goes to a kept receiver, which is made to receive. */
  private static void toReceiver(Tester tester, byte[] frame) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 4);
    commands.talk.data(receiver, frame);
    commands.talk.expectRefused(receiver, PROTOCOL_ERROR, LIMIT);
    commands.talk.alive();
  }

  private static void toSender(Tester tester, byte[] frame) throws Exception {
    Commands commands = tester.talk().commands();
    Stream sender = commands.keep("sender", 4);
    commands.talk.data(sender, frame);
    commands.talk.expectRefused(sender, PROTOCOL_ERROR, LIMIT);
    commands.talk.alive();
  }

  private static void toSession(Tester tester, byte[] frame) throws Exception {
    Talk talk = tester.talk();
    talk.data(1, frame);
    talk.expectEnd(PROTOCOL_ERROR, LIMIT);
  }

  private static void byteByByte(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 4);
    talk.wire.change(() -> receiver.messagesOut++);
    byte[] frame = ChannelFrame.message(java.util.List.of(), Packet.number(5).codec());
    for (byte one : frame) {
      talk.data(receiver, new byte[] {one});
    }
    talk.equal("received", "ok 5", commands.receive(1));
  }

  private static void behindPreamble(Tester tester) throws Exception {
    Talk talk = tester.talk();
    Commands commands = talk.commands();
    long reference = talk.newReference();
    byte[] preamble =
        Preamble.bytes(
            Codes.OPENER_SENDS,
            reference,
            Preamble.header(Preamble.CODEC, Bytes.text("msgpack")),
            Preamble.header(Preamble.PARENT, Bytes.u64(commands.channel.reference())));
    byte[] one = ChannelFrame.message(java.util.List.of(), Packet.number(1).codec());
    byte[] two = ChannelFrame.message(java.util.List.of(), Packet.number(2).codec());
    int id = talk.newId();
    Stream receiver = talk.add(id, Codes.OPENER_SENDS, reference, preamble);
    talk.wire.change(() -> receiver.messagesOut += 2);
    talk.wire.write(
        MuxFrame.of(Codes.WINDOW_UPDATE, Codes.SYN, id, 0),
        MuxFrame.data(0, id, Bytes.join(preamble, one, two)));
    Answer unused = commands.ok(Packet.op("keep").end("receiver", receiver));
    talk.equal("received", "ok 1,2", commands.receive(2));
  }
}
