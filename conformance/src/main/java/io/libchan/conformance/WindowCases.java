package io.libchan.conformance;

import static io.libchan.conformance.Codes.PROTOCOL_ERROR;
import static io.libchan.conformance.Codes.SYN;
import static io.libchan.conformance.Codes.WINDOW;
import static io.libchan.conformance.Codes.WINDOW_UPDATE;

import java.util.Arrays;

/** Section 3: the windows of streams. Not to be instantiated. */
final class WindowCases {
  private static final int HALF = WINDOW / 2;

  private WindowCases() {}

  static void addTo(Cases cases) {
    cases.must("MUX-6", "the peer sends a window and no more", WindowCases::sendsOneWindow);
    cases.must("MUX-6", "the peer takes a window that nobody reads", WindowCases::takesOneWindow);
    cases.must("MUX-7", "a byte more than the window", WindowCases::overTheWindow);
    cases.must("MUX-7", "a window above 2^31-1", WindowCases::hugeWindow);
    cases.should("MUX-8", "the peer writes 512 KiB", WindowCases::smallTurns);
    cases.must("MUX-9", "no credit before bytes are read, then half a window", WindowCases::credit);
    cases.must("MUX-9", "no credit after FIN", WindowCases::noCreditAfterFin);
    cases.must("MUX-10", "a message larger than the window", WindowCases::largeMessage);
    cases.must("MUX-10", "no credit for it behind an unread one", WindowCases::largeBehindUnread);
    cases.must("MUX-20", "SYN that grants credit", WindowCases::synGrants);
  }

  private static void sendsOneWindow(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream bytes = commands.keep("bytes", 0);
    talk.wire.change(() -> bytes.held = true);
    Stream reply = commands.begin(Packet.op("write").data(Bytes.pattern(65_536)).n(8));
    talk.wire.until("a whole window on " + bytes, () -> bytes.got >= WINDOW);
    talk.never("no more than the window", () -> bytes.got > WINDOW);
    talk.grant(bytes, 1_000);
    talk.wire.until("the 1,000 bytes granted", () -> bytes.got >= WINDOW + 1_000);
    talk.grant(bytes, 8 * 65_536 - WINDOW - 1_000);
    talk.equal("\"write\" answers", "ok", commands.answer(reply).outcome());
    talk.wire.until("all 524,288 bytes", () -> bytes.got == 8 * 65_536);
    talk.equal(
        "bytes in their order",
        Arrays.hashCode(repeated()),
        Arrays.hashCode(talk.wire.bytes(bytes)));
  }

  private static byte[] repeated() {
    byte[] one = Bytes.pattern(65_536);
    return Bytes.join(one, one, one, one, one, one, one, one);
  }

  private static void takesOneWindow(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream bytes = commands.keep("bytes", 0);
    byte[] all = Bytes.pattern((int) bytes.room); // the preamble has taken its part
    commands.talk.send(bytes, all);
    commands.talk.alive();
    Answer answer = commands.readBytes(all.length);
    commands.talk.isTrue(
        "the " + all.length + " bytes read",
        Arrays.equals(all, answer.data()),
        answer.data().length);
  }

  private static void overTheWindow(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream bytes = commands.keep("bytes", 0);
    commands.talk.send(bytes, Bytes.pattern((int) bytes.room));
    commands.talk.data(bytes, Bytes.of(1));
    commands.talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void hugeWindow(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream bytes = commands.keep("bytes", 0);
    commands.talk.grant(bytes, Integer.MAX_VALUE);
    commands.talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void smallTurns(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream bytes = commands.keep("bytes", 0);
    commands.talk.grant(bytes, 8 * 65_536);
    Answer unused = commands.ok(Packet.op("write").data(Bytes.pattern(131_072)).n(4));
    commands.talk.wire.until("all bytes", () -> bytes.got == 4 * 131_072);
    commands.talk.isTrue("DATA of at most 65,536 bytes", bytes.largest <= 65_536, bytes.largest);
  }

  private static void credit(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream bytes = commands.keep("bytes", 0);
    long preamble = WINDOW - bytes.room; // counts as taken when it came
    talk.send(bytes, Bytes.pattern(200_000));
    talk.alive();
    talk.never("no credit before anything was read", () -> bytes.credit > 0);
    Answer unused = commands.readBytes(HALF + 20_000);
    talk.wire.until("credit of half a window or more", () -> bytes.credit >= HALF);
    long most = HALF + 20_000 + preamble;
    talk.never("no more credit than what was read", () -> bytes.credit > most);
  }

  private static void noCreditAfterFin(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream bytes = commands.keep("bytes", 0);
    talk.send(bytes, Bytes.pattern(200_000));
    talk.end(bytes);
    talk.ping();
    talk.equal("read", 200_000, commands.readBytes(200_000).data().length);
    talk.never("no credit after FIN", () -> bytes.credit > 0);
  }

  private static byte[] large() {
    return Packet.number(2).data(Bytes.pattern(300_000)).codec();
  }

  private static void largeMessage(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 4);
    commands.talk.message(receiver, large());
    commands.talk.equal("received", "ok 2", commands.receive(1));
  }

  private static void largeBehindUnread(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 4);
    talk.message(receiver, Packet.number(1).codec());
    byte[] frame = ChannelFrame.message(java.util.List.of(), large());
    int first = (int) Math.min(receiver.room, frame.length);
    talk.wire.change(() -> receiver.messagesOut++);
    talk.send(receiver, Arrays.copyOf(frame, first));
    talk.alive();
    talk.never("no credit while a message is unread", () -> receiver.credit > 0);
    Stream reply = commands.begin(Packet.op("receive").n(2));
    talk.send(receiver, Arrays.copyOfRange(frame, first, frame.length));
    talk.equal("received", "ok 1,2", commands.answer(reply));
  }

  private static void synGrants(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Answer unused = commands.ok(Packet.op("keep"));
    int id = talk.newId();
    long reference = talk.newReference();
    byte[] preamble =
        Preamble.bytes(
            Codes.TWO_WAY,
            reference,
            Preamble.header(Preamble.PARENT, Bytes.u64(commands.channel.reference())));
    Stream bytes = talk.add(id, Codes.TWO_WAY, reference, preamble);
    talk.wire.change(() -> bytes.held = true);
    talk.wire.write(MuxFrame.of(WINDOW_UPDATE, SYN, id, 10_000), MuxFrame.data(0, id, preamble));
    Answer unusedKept = commands.ok(Packet.op("keep").end("bytes", bytes));
    Stream reply = commands.begin(Packet.op("write").data(Bytes.pattern(68_036)).n(4));
    talk.equal("272,144 bytes are written", "ok", commands.answer(reply).outcome());
    talk.wire.until("272,144 bytes", () -> bytes.got == 4 * 68_036);
  }
}
