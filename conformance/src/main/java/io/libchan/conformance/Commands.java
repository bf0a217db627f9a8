package io.libchan.conformance;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A command channel of the peer's service.
 *
 * <p>Not thread-safe.
 */
final class Commands {
  static final Map<String, Integer> KINDS =
      Map.of(
          "sender", Codes.OPENER_RECEIVES,
          "receiver", Codes.OPENER_SENDS,
          "bytes", Codes.TWO_WAY,
          "input", Codes.OPENER_WRITES,
          "output", Codes.OPENER_READS);

  final Talk talk;
  final Stream channel;

  Commands(Talk talk, Stream channel) {
    this.talk = talk;
    this.channel = channel;
  }

  /** Opens a stream that a command may carry in this field. */
  Stream end(String field, int capacity) {
    return talk.attachment(KINDS.getOrDefault(field, 0), channel.reference(), capacity);
  }

  /** Has the peer keep a new end, of which the tester has the other side. */
  Stream keep(String field, int capacity) throws Broken, InterruptedException {
    Stream stream = end(field, capacity);
    ok(Packet.op("keep").end(field, stream));
    return stream;
  }

  /** Sends a command; the channel on which the answer comes. */
  Stream begin(Packet command) throws Broken, InterruptedException {
    Stream reply = talk.attachment(Codes.OPENER_RECEIVES, channel.reference(), 1);
    talk.wire.change(() -> reply.acknowledges = true);
    command.end("reply", reply);
    talk.message(channel, command.codec(), command.ends.toArray(Stream[]::new));
    return reply;
  }

  /** Waits for the answer. */
  Answer answer(Stream reply) throws Broken, InterruptedException {
    ChannelFrame message =
        talk.wire.await("an answer on " + reply, () -> reply.frame(Codes.MESSAGE));
    Answer answer = read(message);
    talk.wire.until("the end of the reply channel", () -> reply.ended || reply.reset);
    return answer;
  }

  private Answer read(ChannelFrame message) throws Broken {
    Object value;
    try {
      value = Pack.read(message.codec());
    } catch (IllegalArgumentException e) {
      throw new Broken(
          "COD-3", "an answer that is well-formed msgpack", String.valueOf(e.getMessage()));
    }
    if (!(value instanceof Map<?, ?> fields)) {
      throw new Broken(Conformance.SERVICE, "a packet", String.valueOf(value));
    }
    List<ChannelFrame.Entry> table = message.table();
    Map<String, Stream> ends = new HashMap<>();
    for (Map.Entry<?, ?> field : fields.entrySet()) {
      if (field.getValue() instanceof Pack.End end) {
        if (table == null || end.index() >= table.size()) {
          throw new Broken("ATT-5", "an index of the table", "index " + end.index());
        }
        Stream stream = talk.wire.byReference(table.get(end.index()).reference());
        if (stream != null) {
          ends.put(String.valueOf(field.getKey()), stream);
        }
      }
    }
    return Answer.of(fields, ends);
  }

  Answer ask(Packet command) throws Broken, InterruptedException {
    return answer(begin(command));
  }

  /** Asks what must go well. */
  Answer ok(Packet command) throws Broken, InterruptedException {
    Object op = command.fields.get("op");
    Answer answer = ask(command);
    talk.equal("\"" + op + "\" answers", "ok", answer.outcome());
    return answer;
  }

  /** Has the peer offer an end; the tester's side of it. */
  Stream offer(String field, int capacity) throws Broken, InterruptedException {
    Answer answer = ok(Packet.op("offer").text(field).n(capacity));
    Stream stream = answer.end(field);
    if (stream == null) {
      throw new Broken(Conformance.SERVICE, "\"" + field + "\" in the answer", answer.toString());
    }
    return stream;
  }

  /** What comes of receiving so many. */
  String receive(int count) throws Broken, InterruptedException {
    return ask(Packet.op("receive").n(count)).toString();
  }

  /** What comes of reading so many bytes. */
  Answer readBytes(int count) throws Broken, InterruptedException {
    return ask(Packet.op("read").n(count));
  }

  /** The numbers of packets up to this one, as the peer tells them. */
  static String upTo(int last) {
    List<String> numbers = new ArrayList<>();
    for (int i = 1; i <= last; i++) {
      numbers.add(Integer.toString(i));
    }
    return "ok " + String.join(",", numbers);
  }
}
