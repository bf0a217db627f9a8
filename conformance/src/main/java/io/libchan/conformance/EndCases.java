package io.libchan.conformance;

import static io.libchan.conformance.Codes.CANCEL;
import static io.libchan.conformance.Codes.CANCELLED;
import static io.libchan.conformance.Codes.CLOSE;
import static io.libchan.conformance.Codes.END;
import static io.libchan.conformance.Codes.PROTOCOL_ERROR;
import static io.libchan.conformance.Codes.TRUNCATED;

import java.util.Arrays;
import java.util.List;

/** Section 5.2: how channels end. Not to be instantiated. */
final class EndCases {
  private static final long OURS = 70_001;

  private EndCases() {}

  static void addTo(Cases cases) {
    cases.must("CH-20", "the peer closes", EndCases::closes);
    cases.must("CH-20", "the peer fails for a reason", EndCases::fails);
    cases.must("CH-20", "a message behind CLOSE", EndCases::behindClose);
    cases.must("CH-21", "three messages, then CLOSE", EndCases::messagesThenEnd);
    cases.must("CH-21", "three messages, then CLOSE for a reason", EndCases::messagesThenFailure);
    cases.must("CH-21", "CLOSE without an end of the direction", EndCases::closeAlone);
    cases.must("CH-22", "an end without CLOSE", EndCases::endWithoutClose);
    cases.must("CH-22", "a reset", EndCases::resetOfChannel);
    cases.must("CH-22", "an end in the middle of a message", EndCases::endInside);
    cases.must("CH-23", "the peer cancels", EndCases::cancels);
    cases.must("CH-23", "the tester cancels while the peer waits to send", EndCases::cancelled);
    cases.must("CH-26", "messages before a reset", EndCases::messagesThenReset);
    cases.must("CH-26", "a reset behind CLOSE", EndCases::resetBehindClose);
    cases.must("CH-27", "the last ACK after CLOSE", EndCases::lastAck);
    cases.must("CH-27", "an end of the backward direction without CANCEL", EndCases::backwardEnds);
    cases.must("CH-30", "a reason of an unknown number", EndCases::unknownReason);
    cases.must("CH-30", "a reason with all there is", EndCases::fullReason);
    cases.must("CH-31", "a reason whose text is no UTF-8", EndCases::noUtf8);
  }

  private static void closes(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream sender = commands.keep("sender", 4);
    Answer unusedSent = commands.ok(Packet.op("send").n(2));
    Answer unusedClosed = commands.ok(Packet.op("close"));
    ChannelFrame unused = talk.expect(sender, CLOSE, WireReason.of(END));
    talk.equal("messages before CLOSE", 2, sender.messagesIn);
    talk.acknowledge(sender, 2);
    talk.wire.until("the end of the direction behind CLOSE", () -> sender.ended);
  }

  private static void fails(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream sender = commands.keep("sender", 4);
    Answer unused = commands.ok(Packet.op("close").n(OURS));
    ChannelFrame unusedClose = commands.talk.expect(sender, CLOSE, WireReason.of(OURS));
    commands.talk.wire.until("the end of the direction behind CLOSE", () -> sender.ended);
  }

  private static void behindClose(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 4);
    talk.frame(receiver, CLOSE, WireReason.of(END).bytes());
    talk.message(receiver, Packet.number(1).codec());
    talk.wire.until(
        "CANCEL or a reset with PROTOCOL_ERROR(6), or nothing but the end",
        () -> receiver.reset || receiver.ended || receiver.frame(CANCEL) != null);
    talk.equal("received", "end", commands.receive(1).replace("failed PROTOCOL_ERROR(6)", "end"));
    talk.alive();
  }

  private static void messagesThenEnd(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 8);
    ChannelCases.number(talk, receiver, 1, 3);
    talk.close(receiver, WireReason.of(END));
    talk.equal("received", "end 1,2,3", commands.receive(10));
  }

  private static void messagesThenFailure(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 8);
    ChannelCases.number(talk, receiver, 1, 3);
    talk.close(receiver, WireReason.of(OURS, "no more today"));
    talk.equal("received", "failed " + OURS + " 1,2,3", commands.receive(10));
  }

  private static void closeAlone(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 8);
    ChannelCases.number(commands.talk, receiver, 1, 1);
    commands.talk.frame(receiver, CLOSE, WireReason.of(END).bytes());
    commands.talk.equal("received", "end 1", commands.receive(10));
  }

  private static void endWithoutClose(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 8);
    ChannelCases.number(commands.talk, receiver, 1, 1);
    commands.talk.end(receiver);
    commands.talk.equal(
        "received", "failed " + Codes.reason(TRUNCATED) + " 1", commands.receive(10));
  }

  private static void resetOfChannel(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 8);
    commands.talk.reset(receiver, OURS);
    commands.talk.equal("received", "failed " + OURS, commands.receive(10));
  }

  private static void endInside(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 8);
    byte[] frame = ChannelFrame.message(List.of(), Packet.number(1).codec());
    commands.talk.data(receiver, Arrays.copyOf(frame, frame.length - 1));
    commands.talk.end(receiver);
    commands.talk.equal("received", "failed " + Codes.reason(TRUNCATED), commands.receive(10));
  }

  private static void cancels(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 8);
    ChannelCases.number(talk, receiver, 1, 2);
    Answer unused = commands.ok(Packet.op("cancel").n(OURS));
    ChannelFrame unusedCancel = talk.expect(receiver, CANCEL, WireReason.of(OURS));
    ChannelCases.number(talk, receiver, 3, 4); // on the way meanwhile
    talk.end(receiver);
    talk.wire.until("the end of the peer's direction", () -> receiver.ended);
    talk.isTrue("no reset for what was on its way", !receiver.reset, "a reset");
    talk.alive();
  }

  private static void cancelled(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream sender = commands.keep("sender", 1);
    Stream reply = commands.begin(Packet.op("send").n(5));
    talk.wire.until("a message", () -> sender.messagesIn == 1);
    talk.frame(sender, CANCEL, WireReason.of(OURS).bytes());
    talk.end(sender);
    talk.equal("\"send\" answers", "failed " + OURS, commands.answer(reply).outcome());
    talk.wire.until("the end of the peer's direction", () -> sender.ended);
    talk.equal("messages", 1, sender.messagesIn);
  }

  private static void messagesThenReset(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 8);
    ChannelCases.number(talk, receiver, 1, 3);
    talk.reset(receiver, OURS);
    talk.ping();
    talk.equal("received", "failed " + OURS + " 1,2,3", commands.receive(10));
  }

  private static void resetBehindClose(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 8);
    ChannelCases.number(talk, receiver, 1, 3);
    talk.frame(receiver, CLOSE, WireReason.of(END).bytes());
    talk.reset(receiver, CANCELLED);
    talk.ping();
    talk.equal("received", "end 1,2,3", commands.receive(10));
  }

  private static void lastAck(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 100);
    ChannelCases.number(talk, receiver, 1, 3);
    talk.close(receiver, WireReason.of(END));
    talk.equal("received", "end 1,2,3", commands.receive(10));
    talk.wire.until("ACK of 3 and an end", () -> receiver.acknowledgedIn == 3 && receiver.ended);
  }

  private static void backwardEnds(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream sender = commands.keep("sender", 1);
    Stream reply = commands.begin(Packet.op("send").n(5));
    talk.wire.until("a message", () -> sender.messagesIn == 1);
    talk.end(sender);
    talk.equal(
        "\"send\" answers", "failed " + Codes.reason(TRUNCATED), commands.answer(reply).outcome());
  }

  private static void unknownReason(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 8);
    commands.talk.close(receiver, WireReason.of(4_711));
    commands.talk.equal("received", "failed 4711", commands.receive(1));
  }

  private static void fullReason(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 8);
    List<String> hops = java.util.Collections.nCopies(16, "h".repeat(1_024));
    WireReason reason = new WireReason(OURS, "t".repeat(4_096), "o".repeat(1_024), hops);
    commands.talk.close(receiver, reason);
    commands.talk.equal("received", "failed " + OURS, commands.receive(1));
    Answer unused = commands.ok(Packet.op("keep"));
    Stream second = commands.keep("receiver", 8);
    byte[] tooMany = new WireReason(OURS, "", "", java.util.Collections.nCopies(17, "")).bytes();
    commands.talk.frame(second, CLOSE, tooMany);
    commands.talk.expectRefused(second, PROTOCOL_ERROR);
  }

  private static void noUtf8(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 8);
    byte[] reason = Bytes.join(Bytes.u32(OURS), Bytes.of(0, 2, 0xff, 0xfe, 0, 0, 0));
    commands.talk.frame(receiver, CLOSE, reason);
    commands.talk.equal("received", "failed " + OURS, commands.receive(1));
  }
}
