package io.libchan.conformance;

import static io.libchan.conformance.Codes.FLUSH;
import static io.libchan.conformance.Codes.LIMIT;
import static io.libchan.conformance.Codes.PROTOCOL_ERROR;
import static io.libchan.conformance.Codes.RECEIVED;
import static io.libchan.conformance.Codes.TYPE_MISMATCH;
import static io.libchan.conformance.Codes.WITHDRAW;
import static io.libchan.conformance.Codes.WITHDRAWN;

import java.util.List;
import java.util.Map;

/** Section 5.2: messages and their credit. Not to be instantiated. */
final class ChannelCases {
  private static final byte[] NO_PACKET = Pack.write("no packet");

  private ChannelCases() {}

  static void addTo(Cases cases) {
    cases.must("CH-1", "the peer receives 100 messages", ChannelCases::receivesInOrder);
    cases.must("CH-1", "the peer sends 100 messages", ChannelCases::sendsInOrder);
    cases.must("CH-2", "a message longer than HELLO allows", ChannelCases::tooLong);
    cases.must("CH-2", "the peer has one to send", ChannelCases::refusesTooLong);
    cases.must("CH-3", "the peer's receiver fails", ChannelCases::receiverFails);
    cases.must("CH-10", "the peer sends 10 with a capacity of 3", tester -> capacity(tester, 3));
    cases.must("CH-10", "the peer sends 10 with a capacity of 0", tester -> capacity(tester, 0));
    cases.must("CH-11", "ACK at half the capacity", ChannelCases::halfCapacity);
    cases.must("CH-11", "ACK with a capacity of 1", tester -> eachOne(tester, 1));
    cases.must("CH-11", "ACK with a capacity of 0", tester -> eachOne(tester, 0));
    cases.must("CH-12", "FLUSH behind what was received", ChannelCases::flushBehind);
    cases.must("CH-12", "FLUSH before it was received", ChannelCases::flushBefore);
    cases.must("CH-12", "the peer flushes", ChannelCases::flushes);
    cases.must("CH-13", "ACK of more than was sent", tester -> wrongAck(tester, 3));
    cases.must("CH-13", "ACK that goes back", tester -> wrongAck(tester, 1));
    cases.must("CH-14", "more messages than the capacity", ChannelCases::overCapacity);
    cases.must("CH-15", "WITHDRAW of a message not received", ChannelCases::withdraw);
    cases.must("CH-15", "WITHDRAW of a message received", ChannelCases::withdrawTooLate);
    cases.must("CH-25", "a message of another type, and one that fits", ChannelCases::mismatch);
    cases.must("CH-25", "a malformed message", ChannelCases::malformed);
    cases.must(
        "CH-25", "a message of another type counts as received", ChannelCases::mismatchCounts);
  }

  static void number(Talk talk, Stream receiver, int from, int to) throws Exception {
    for (int i = from; i <= to; i++) {
      talk.message(receiver, Packet.number(i).codec());
    }
  }

  private static void receivesInOrder(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream receiver = commands.keep("receiver", 200);
    number(commands.talk, receiver, 1, 100);
    commands.talk.equal("received", Commands.upTo(100), commands.receive(100));
  }

  private static void sendsInOrder(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Stream sender = commands.keep("sender", 200);
    Answer unused = commands.ok(Packet.op("send").n(100).data(Bytes.of(1, 2)));
    commands.talk.wire.until("100 messages", () -> sender.messages().size() == 100);
    for (int i = 1; i <= 100; i++) {
      Object value = Pack.read(sender.messages().get(i - 1).codec());
      Object n = value instanceof Map<?, ?> fields ? fields.get("n") : null;
      commands.talk.equal("n of message " + i, i, n);
    }
  }

  private static void tooLong(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    long most = talk.limit(Hello.MESSAGE_BYTES);
    if (most > 64 << 20) {
      throw new NotApplicable("HELLO allows messages of " + most + " bytes");
    }
    Stream receiver = commands.keep("receiver", 4);
    talk.message(receiver, new byte[(int) most + 1]);
    talk.expectRefused(receiver, LIMIT);
    talk.alive();
  }

  private static void refusesTooLong(Tester tester) throws Exception {
    Commands commands = tester.talk(Hello.USUAL.messageBytes(2_000)).commands();
    Stream sender = commands.keep("sender", 4);
    Answer answer = commands.ask(Packet.op("send").n(1).data(Bytes.pattern(3_000)));
    commands.talk.equal("\"send\" answers", "failed " + Codes.reason(LIMIT), answer.outcome());
    Answer unused = commands.ok(Packet.op("send").n(1));
    commands.talk.wire.until("a message that is short enough", () -> sender.messagesIn == 1);
  }

  private static void receiverFails(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 8);
    number(talk, receiver, 1, 2);
    talk.equal("received", "ok 1,2", commands.receive(2));
    talk.frame(receiver, 99);
    ChannelFrame unused = talk.expect(receiver, Codes.CANCEL, WireReason.of(PROTOCOL_ERROR));
    talk.equal("ACK before CANCEL", 2, receiver.acknowledgedIn);
    talk.wire.until(
        "the end of the direction behind CANCEL", () -> receiver.ended || receiver.reset);
  }

  private static void capacity(Tester tester, int capacity) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    int most = Math.max(1, capacity);
    Stream sender = commands.keep("sender", capacity);
    Stream reply = commands.begin(Packet.op("send").n(10));
    talk.wire.until(most + " messages", () -> sender.messagesIn == most);
    talk.never("no more than that without ACK", () -> sender.messagesIn > most);
    talk.acknowledge(sender, 1);
    talk.wire.until("one more after an ACK of one", () -> sender.messagesIn == most + 1);
    for (int i = 2; i <= 10; i++) {
      int count = i;
      talk.wire.until("message " + count, () -> sender.messagesIn >= count);
      talk.acknowledge(sender, count);
    }
    talk.equal("\"send\" answers", "ok", commands.answer(reply).outcome());
  }

  private static void halfCapacity(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 8);
    number(talk, receiver, 1, 8);
    talk.alive();
    talk.never("no ACK before anything was received", () -> receiver.acknowledgedIn > 0);
    talk.equal("received", Commands.upTo(4), commands.receive(4));
    talk.wire.until("ACK of 4, half of 8", () -> receiver.acknowledgedIn >= 4);
    talk.equal("ACK", 4, receiver.acknowledgedIn);
  }

  private static void eachOne(Tester tester, int capacity) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", capacity);
    for (int i = 1; i <= 3; i++) {
      int count = i;
      number(talk, receiver, i, i);
      talk.equal("received", "ok " + i, commands.receive(1));
      talk.wire.until("ACK of " + i, () -> receiver.acknowledgedIn == count);
    }
  }

  private static void flushBehind(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 100);
    number(talk, receiver, 1, 3);
    talk.equal("received", Commands.upTo(3), commands.receive(3));
    talk.frame(receiver, FLUSH);
    talk.wire.until("ACK of 3", () -> receiver.acknowledgedIn == 3);
  }

  private static void flushBefore(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 100);
    number(talk, receiver, 1, 3);
    talk.frame(receiver, FLUSH);
    talk.equal("received", Commands.upTo(2), commands.receive(2));
    talk.never("no ACK of what was not received", () -> receiver.acknowledgedIn > 2);
    talk.equal("received", "ok 3", commands.receive(1));
    talk.wire.until("ACK of 3", () -> receiver.acknowledgedIn == 3);
  }

  private static void flushes(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream sender = commands.keep("sender", 100);
    Answer unused = commands.ok(Packet.op("send").n(3));
    Stream reply = commands.begin(Packet.op("flush"));
    talk.wire.until("FLUSH behind 3 messages", () -> sender.frame(FLUSH) != null);
    talk.equal("messages before FLUSH", 3, sender.messagesIn);
    talk.never("\"flush\" waits for ACK", () -> reply.frame(Codes.MESSAGE) != null);
    talk.acknowledge(sender, 3);
    talk.equal("\"flush\" answers", "ok", commands.answer(reply).outcome());
  }

  private static void wrongAck(Tester tester, long second) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream sender = commands.keep("sender", 100);
    Answer unused = commands.ok(Packet.op("send").n(2));
    talk.wire.until("2 messages", () -> sender.messagesIn == 2);
    talk.acknowledge(sender, 2);
    talk.acknowledge(sender, second);
    talk.expectRefused(sender, PROTOCOL_ERROR);
    talk.alive();
  }

  private static void overCapacity(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 2);
    number(talk, receiver, 1, 3);
    talk.expectRefused(receiver, PROTOCOL_ERROR);
    talk.alive();
  }

  private static void withdraw(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 0);
    number(talk, receiver, 1, 1);
    talk.frame(receiver, WITHDRAW, Bytes.u64(1));
    talk.wire.until(
        "WITHDRAWN 1", () -> receiver.frames.stream().anyMatch(one -> one.kind() == WITHDRAWN));
    talk.equal("WITHDRAWN", 1, talk.expect(receiver, WITHDRAWN).number());
    number(talk, receiver, 2, 2);
    talk.equal("received", "ok 2", commands.receive(1));
  }

  private static void withdrawTooLate(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 0);
    number(talk, receiver, 1, 1);
    talk.equal("received", "ok 1", commands.receive(1));
    talk.frame(receiver, WITHDRAW, Bytes.u64(1));
    ChannelFrame unused = talk.expect(receiver, RECEIVED);
    talk.never("no WITHDRAWN", () -> receiver.frame(WITHDRAWN) != null);
  }

  private static void mismatch(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 8);
    talk.message(receiver, NO_PACKET);
    number(talk, receiver, 2, 2);
    talk.equal("received", "failed " + Codes.reason(TYPE_MISMATCH), commands.receive(1));
    talk.equal("received", "ok 2", commands.receive(1));
  }

  private static void malformed(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 8);
    talk.message(receiver, Bytes.of(0xc1));
    talk.equal("received", "failed " + Codes.reason(PROTOCOL_ERROR), commands.receive(1));
    talk.expectRefused(receiver, PROTOCOL_ERROR);
    talk.alive();
  }

  private static void mismatchCounts(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Stream receiver = commands.keep("receiver", 1);
    talk.message(receiver, NO_PACKET, List.of());
    talk.equal("received", "failed " + Codes.reason(TYPE_MISMATCH), commands.receive(1));
    talk.wire.until("ACK of 1", () -> receiver.acknowledgedIn == 1);
  }
}
