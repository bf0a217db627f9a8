package io.libchan.conformance;

import static io.libchan.conformance.Codes.CANCEL;
import static io.libchan.conformance.Codes.CLOSE;
import static io.libchan.conformance.Codes.ECHO;
import static io.libchan.conformance.Codes.FLUSH;
import static io.libchan.conformance.Codes.JOINED;
import static io.libchan.conformance.Codes.MESSAGE;
import static io.libchan.conformance.Codes.REF_NOT_FOUND;
import static io.libchan.conformance.Codes.RETURNED;
import static io.libchan.conformance.Codes.TWO_WAY;
import static io.libchan.conformance.Codes.UNSUPPORTED;
import static io.libchan.conformance.Codes.WINDOW;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Section 5.5: ends that are sent on, in a loop through the peer. Not to be instantiated. */
final class ForwardCases {
  private static final long OURS = 70_001;
  private static final int CAPACITY = 5;

  private ForwardCases() {}

  static void addTo(Cases cases) {
    cases.must("FWD-1", "a sender is sent on", ForwardCases::sender);
    cases.must("FWD-1", "a receiver is sent on", ForwardCases::receiver);
    cases.must("FWD-2", "bytes that are no msgpack pass", ForwardCases::unchanged);
    cases.must("FWD-3", "an end in a relayed message", ForwardCases::nested);
    cases.must("FWD-3", "an end that never arrives", ForwardCases::neverArrives);
    cases.must("FWD-4", "ACK and FLUSH mean the far end", ForwardCases::acknowledged);
    cases.should("FWD-5", "a relay whose far end does not read", ForwardCases::backPressure);
    cases.must("FWD-6", "CLOSE passes, with a hop more", ForwardCases::closePasses);
    cases.must("FWD-6", "CANCEL passes", ForwardCases::cancelPasses);
    cases.must("FWD-6", "a reset passes", ForwardCases::resetPasses);
    cases.must("FWD-7", "bytes and ends of a byte stream pass", ForwardCases::bytesPass);
    cases.must("FWD-7", "a reset of a byte stream passes", ForwardCases::byteResetPasses);
    cases.should("FWD-10", "ECHO names the other stream of a loop", ForwardCases::echo);
    cases.must("FWD-11", "ECHO of a stream that is not there", ForwardCases::unknownEcho);
    cases.must("FWD-14", "CLOSE with RETURNED passes unchanged", ForwardCases::returned);
    cases.should("FWD-15", "JOINED names the byte streams of a loop", ForwardCases::joined);
    cases.must("FWD-15", "JOINED of streams that are not there", ForwardCases::unknownJoined);
    cases.must("FWD-17", "a leaf refuses to send on", ForwardCases::leaf);
  }

  /**
   * A loop through the peer.
   *
   * @param far the stream that the tester opened
   * @param near the stream that the peer opened, on which it goes on
   */
  private record Loop(Commands commands, Stream far, Stream near) {
    static Loop of(Tester tester, String field) throws Exception {
      Commands commands = tester.talk().commands();
      Stream far = commands.end(field, CAPACITY);
      Answer answer = commands.ask(Packet.op("echo").end(field, far));
      if (answer.op().equals("failed") && answer.n() == UNSUPPORTED) {
        throw new NotApplicable("the peer is a leaf");
      }
      Stream near = answer.end(field);
      if (near == null) {
        throw new Broken("FWD-1", "the end comes back in the answer", answer.toString());
      }
      return new Loop(commands, far, near);
    }

    Talk talk() {
      return commands.talk;
    }

    ChannelFrame pass(byte[] codec) throws Exception {
      int before = far.messages().size();
      talk().message(near, codec);
      return talk()
          .wire
          .await(
              "the message on " + far,
              () -> far.messages().size() > before ? far.messages().get(before) : null);
    }
  }

  private static void sender(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "sender");
    sameChannel(loop);
    byte[] codec = Packet.number(1).codec();
    loop.talk().isTrue("the message", Arrays.equals(codec, loop.pass(codec).codec()), "another");
  }

  private static void receiver(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "receiver");
    sameChannel(loop);
    loop.talk().message(loop.far, Packet.number(1).codec());
    loop.talk().wire.until("the message on " + loop.near, () -> loop.near.messagesIn == 1);
  }

  private static void sameChannel(Loop loop) throws Exception {
    loop.talk().equal("kind", loop.far.kind(), loop.near.kind());
    Preamble preamble = loop.near.preamble;
    loop.talk().equal("capacity", CAPACITY, preamble == null ? -1 : preamble.capacity());
  }

  private static void unchanged(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "sender");
    byte[] codec = Bytes.of(0xc1, 0, 0xff, 0xd5, 1, 0, 0);
    HexFormat hex = HexFormat.of();
    loop.talk().equal("bytes", hex.formatHex(codec), hex.formatHex(loop.pass(codec).codec()));
  }

  private static void nested(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "sender");
    Talk talk = loop.talk();
    Stream mine = talk.attachment(TWO_WAY, loop.near.reference(), 0);
    talk.message(loop.near, Packet.number(1).with("bytes", new Pack.End(0)).codec(), mine);
    ChannelFrame message = talk.expect(loop.far, MESSAGE);
    List<ChannelFrame.Entry> table = message.table();
    talk.equal("attachments", 1, table == null ? -1 : table.size());
    Stream theirs = talk.wire.byReference(table == null ? 0 : table.get(0).reference());
    if (theirs == null) {
      throw talk.wire.broken("a stream for the attachment");
    }
    talk.data(mine, Bytes.text("through"));
    talk.wire.until("7 bytes on " + theirs, () -> theirs.bytes.size() == 7);
    talk.data(theirs, Bytes.text("and back"));
    talk.wire.until("8 bytes on " + mine, () -> mine.bytes.size() == 8);
  }

  private static void neverArrives(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "sender");
    Talk talk = loop.talk();
    long reference = talk.newReference();
    talk.message(
        loop.near,
        Packet.number(1).with("bytes", new Pack.End(0)).codec(),
        List.of(new ChannelFrame.Entry(TWO_WAY, reference)));
    ChannelFrame message = talk.expect(loop.far, MESSAGE);
    List<ChannelFrame.Entry> table = message.table();
    Stream theirs =
        talk.wire.byReference(table == null || table.isEmpty() ? 0 : table.get(0).reference());
    if (theirs == null) {
      throw talk.wire.broken("a stream in its place");
    }
    talk.expectReset(theirs, REF_NOT_FOUND);
  }

  private static void acknowledged(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "sender");
    Talk talk = loop.talk();
    for (int i = 1; i <= 3; i++) {
      ChannelFrame unused = loop.pass(Packet.number(i).codec());
    }
    talk.frame(loop.near, FLUSH);
    talk.wire.until("FLUSH on " + loop.far, () -> loop.far.frame(FLUSH) != null);
    talk.never("no ACK before the far end's", () -> loop.near.acknowledgedIn > 0);
    talk.acknowledge(loop.far, 3);
    talk.wire.until("ACK of 3 on " + loop.near, () -> loop.near.acknowledgedIn == 3);
  }

  private static void backPressure(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "bytes");
    Talk talk = loop.talk();
    talk.wire.change(() -> loop.far.held = true);
    talk.send(loop.near, Bytes.pattern(WINDOW - 1));
    talk.send(loop.near, Bytes.of(1));
    talk.wire.until("a window on " + loop.far, () -> loop.far.got == WINDOW);
    talk.wire.until("credit", () -> loop.near.credit >= WINDOW / 2);
    talk.send(loop.near, Bytes.pattern((int) loop.near.room));
    talk.never(
        "no credit for more than leaves, and a turn", () -> loop.near.credit > WINDOW + Codes.TURN);
  }

  private static void closePasses(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "sender");
    Talk talk = loop.talk();
    ChannelFrame unused = loop.pass(Packet.number(1).codec());
    talk.acknowledge(loop.far, 1);
    talk.close(loop.near, new WireReason(OURS, "no more today", "tester", List.of("one")));
    ChannelFrame close = talk.expect(loop.far, CLOSE, WireReason.of(OURS));
    WireReason told = close.reason();
    talk.equal("text", "no more today", told == null ? "" : told.text());
    talk.equal("origin", "tester", told == null ? "" : told.origin());
    talk.equal("hops, its own behind the first", 2, told == null ? 0 : told.hops().size());
    talk.wire.until("the end of " + loop.far, () -> loop.far.ended);
  }

  private static void cancelPasses(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "sender");
    Talk talk = loop.talk();
    talk.frame(loop.far, CANCEL, WireReason.of(OURS, "enough").bytes());
    talk.end(loop.far);
    ChannelFrame unused = talk.expect(loop.near, CANCEL, WireReason.of(OURS));
  }

  private static void resetPasses(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "sender");
    loop.talk().reset(loop.near, OURS);
    loop.talk().expectRefused(loop.far, OURS);
  }

  private static void bytesPass(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "bytes");
    Talk talk = loop.talk();
    byte[] sent = Bytes.pattern(100_000);
    talk.send(loop.near, sent);
    talk.end(loop.near);
    talk.wire.until("the end of input on " + loop.far, () -> loop.far.ended);
    talk.isTrue("100,000 bytes", Arrays.equals(sent, talk.wire.bytes(loop.far)), loop.far.got);
    talk.send(loop.far, Bytes.text("back"));
    talk.end(loop.far);
    talk.wire.until("the end of input on " + loop.near, () -> loop.near.ended);
    talk.equal("bytes", "back", Bytes.text(talk.wire.bytes(loop.near)));
  }

  private static void byteResetPasses(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "bytes");
    loop.talk().reset(loop.near, OURS);
    loop.talk().expectReset(loop.far, OURS);
  }

  private static void echo(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "sender");
    ChannelFrame unused = loop.pass(Packet.number(1).codec());
    ChannelFrame first = loop.far.frames.get(0);
    loop.talk().equal("first frame", "ECHO " + loop.near.reference(), first);
  }

  private static void unknownEcho(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 4);
    talk.frame(receiver, ECHO, Bytes.u64(1_000_000));
    talk.message(receiver, Packet.number(1).codec());
    talk.equal("received", "ok 1", commands.receive(1));
  }

  private static void returned(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "sender");
    Talk talk = loop.talk();
    WireReason reason = WireReason.of(RETURNED);
    talk.close(loop.near, reason);
    ChannelFrame close = talk.expect(loop.far, CLOSE, reason);
    talk.equal("reason", reason, close.reason());
  }

  private static void joined(Tester tester) throws Exception {
    Loop loop = Loop.of(tester, "bytes");
    Talk talk = loop.talk();
    Stream control = talk.wire.stream(1);
    ChannelFrame frame =
        talk.wire.await("JOINED", () -> control == null ? null : control.frame(JOINED));
    byte[] one = Bytes.join(Bytes.u64(loop.far.reference()), Bytes.u64(loop.near.reference()));
    byte[] other = Bytes.join(Bytes.u64(loop.near.reference()), Bytes.u64(loop.far.reference()));
    talk.isTrue(
        "the references of " + loop.far + " and " + loop.near,
        Arrays.equals(frame.body(), one) || Arrays.equals(frame.body(), other),
        HexFormat.of().formatHex(frame.body()));
  }

  private static void unknownJoined(Tester tester) throws Exception {
    Talk talk = tester.talk();
    talk.control(JOINED, Bytes.join(Bytes.u64(1_000_000), Bytes.u64(1_000_001)));
    talk.alive();
  }

  private static void leaf(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream far = commands.end("sender", CAPACITY);
    Answer answer = commands.ask(Packet.op("echo").end("sender", far));
    if (answer.op().equals("ok")) {
      throw new NotApplicable("the peer sends ends on");
    }
    commands.talk.equal(
        "\"echo\" answers", "failed " + Codes.reason(UNSUPPORTED), answer.outcome());
    commands.talk.control(JOINED, Bytes.join(Bytes.u64(1_000_000), Bytes.u64(1_000_001)));
    commands.talk.alive();
  }
}
