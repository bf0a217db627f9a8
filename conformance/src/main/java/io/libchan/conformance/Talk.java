package io.libchan.conformance;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A session with the peer, and what scripts do with it.
 *
 * <p>Not thread-safe.
 */
final class Talk {
  private static final long QUIET = 150; // ms, behind a round trip

  final Wire wire;
  private int nextId;
  private long nextReference;
  private int lastPing = 1_000;

  Talk(Wire wire) {
    this.wire = wire;
    nextId = wire.connecting ? 3 : 2;
    nextReference = wire.connecting ? 3 : 2;
  }

  // The handshake.

  /** Says HELLO and waits for the peer's. */
  Talk handshake(Hello hello) throws Broken, InterruptedException {
    String before = wire.blame;
    wire.blame = "CTL-1";
    sayHello(hello);
    wire.until("HELLO", () -> wire.hello != null);
    wire.blame = before;
    return this;
  }

  /** Says HELLO, on the control stream as the role has it. */
  void sayHello(Hello hello) throws Broken, InterruptedException {
    wire.change(
        () -> {
          wire.ownMessageBytes = hello.messageBytes();
          wire.ownAttachments = hello.attachments();
        });
    if (wire.connecting) {
      openControl();
    } else {
      wire.until("the control stream and its preamble", () -> controlPreamble() != null);
    }
    wire.change(() -> wire.helloSent = true);
    data(1, hello.frame());
  }

  /** Opens the control stream, without HELLO. */
  void openControl() {
    Preamble preamble = new Preamble(Codes.CONTROL, 1, Map.of());
    Stream unused = wire.add(1, preamble);
    wire.write(
        MuxFrame.of(Codes.WINDOW_UPDATE, Codes.SYN, 1, 0),
        MuxFrame.data(0, 1, Preamble.bytes(Codes.CONTROL, 1)));
  }

  private @Nullable Preamble controlPreamble() {
    Stream control = wire.stream(1);
    return control == null ? null : control.preamble;
  }

  /** A number of the peer's HELLO. */
  long limit(int key) {
    Map<Integer, byte[]> hello = wire.hello;
    byte[] value = hello == null ? null : hello.get(key);
    return value == null || value.length != 4 ? 0 : Bytes.u32(value, 0);
  }

  // Streams.

  int newId() {
    nextId += 2;
    return nextId - 2;
  }

  long newReference() {
    nextReference += 2;
    return nextReference - 2;
  }

  Stream open(int kind, byte[]... headers) {
    return open(kind, newReference(), headers);
  }

  /** Opens a stream as it should be, whatever its preamble says. */
  Stream open(int kind, long reference, byte[]... headers) {
    return begin(kind, reference, Preamble.bytes(kind, reference, headers));
  }

  /** Opens a stream whose first bytes are these. */
  Stream begin(int kind, long reference, byte[] first) {
    int id = newId();
    Stream stream = add(id, kind, reference, first);
    wire.write(MuxFrame.of(Codes.WINDOW_UPDATE, Codes.SYN, id, 0), MuxFrame.data(0, id, first));
    if (kind == Codes.OPENER_READS) {
      end(stream);
    }
    return stream;
  }

  /** Knows a stream that is about to be opened. */
  Stream add(int id, int kind, long reference, byte[] first) {
    Preamble told =
        first.length < 2 ? null : Preamble.read(Arrays.copyOfRange(first, 2, first.length));
    return wire.add(id, told == null ? new Preamble(kind, reference, Map.of()) : told);
  }

  /** Opens a top-level channel. */
  Stream channel(String name, int capacity) {
    return open(
        Codes.OPENER_SENDS,
        Preamble.header(Preamble.NAME, Bytes.text(name)),
        Preamble.header(Preamble.CODEC, Bytes.text("msgpack")),
        Preamble.header(Preamble.CAPACITY, Bytes.u32(capacity)));
  }

  /** Opens a stream for an attachment. */
  Stream attachment(int kind, long parent, int capacity) {
    byte[] above = Preamble.header(Preamble.PARENT, Bytes.u64(parent));
    if (kind > Codes.OPENER_RECEIVES) {
      return open(kind, above);
    }
    return open(
        kind,
        Preamble.header(Preamble.CODEC, Bytes.text("msgpack")),
        Preamble.header(Preamble.CAPACITY, Bytes.u32(capacity)),
        above);
  }

  /** A command channel. */
  Commands commands() {
    return new Commands(this, channel("conformance", Preamble.USUAL_CAPACITY));
  }

  // Writing.

  /** Writes bytes on a stream, in one DATA, whatever the window says. */
  void data(int stream, byte[]... bytes) {
    wire.write(MuxFrame.data(0, stream, Bytes.join(bytes)));
  }

  void data(Stream stream, byte[]... bytes) {
    data(stream.id, bytes);
  }

  /** Writes bytes as the window allows, and waits for credit; stops where they are refused. */
  void send(Stream stream, byte[] bytes) throws Broken, InterruptedException {
    int at = 0;
    while (at < bytes.length) {
      wire.until("credit for " + stream, () -> stream.room > 0 || isRefused(stream));
      if (isRefused(stream)) {
        return;
      }
      int count = (int) Math.min(Math.min(Codes.TURN, stream.room), bytes.length - at);
      data(stream, Arrays.copyOfRange(bytes, at, at + count));
      at += count;
    }
  }

  private static boolean isRefused(Stream stream) {
    return stream.reset || (stream.hasFrames() && failure(stream) != null);
  }

  /** Sends a message, right or wrong. */
  void message(Stream stream, byte[] codec, Stream... ends) throws Broken, InterruptedException {
    message(
        stream,
        codec,
        Arrays.stream(ends)
            .map(end -> new ChannelFrame.Entry(end.kind(), end.reference()))
            .toList());
  }

  /** Sends a message with this table. */
  void message(Stream stream, byte[] codec, List<ChannelFrame.Entry> table)
      throws Broken, InterruptedException {
    wire.change(() -> stream.messagesOut++);
    send(stream, ChannelFrame.message(table, codec));
  }

  void frame(Stream stream, int kind, byte... body) {
    data(stream, ChannelFrame.bytes(kind, body));
  }

  /** Sends a frame of the control stream. */
  void control(int kind, byte... body) {
    data(1, ChannelFrame.bytes(kind, body));
  }

  /** Acknowledges messages. */
  void acknowledge(Stream stream, long count) {
    wire.change(() -> stream.acknowledgedOut = count);
    frame(stream, Codes.RECEIVED, Bytes.u64(count));
  }

  void grant(Stream stream, long bytes) {
    wire.write(MuxFrame.of(Codes.WINDOW_UPDATE, 0, stream.id, bytes));
  }

  void end(Stream stream) {
    wire.write(MuxFrame.data(Codes.FIN, stream.id, new byte[0]));
  }

  void reset(Stream stream, long reason) {
    wire.write(MuxFrame.of(Codes.WINDOW_UPDATE, Codes.RST, stream.id, reason));
  }

  /** Sends CLOSE and ends the direction. */
  void close(Stream stream, WireReason reason) {
    frame(stream, Codes.CLOSE, reason.bytes());
    end(stream);
  }

  // Waiting.

  /** A round trip of the connection. */
  void ping() throws Broken, InterruptedException {
    int value = lastPing++;
    wire.write(MuxFrame.of(Codes.PING, Codes.SYN, 0, value));
    wire.until(
        "an answer to PING, as the session lives on",
        () -> wire.pings.stream().anyMatch(one -> one.has(Codes.ACK) && one.length() == value));
  }

  /** A round trip to the peer's service and back, as sign that the session lives. */
  void alive() throws Broken, InterruptedException {
    Answer answer = commands().ask(Packet.op("echo").n(77));
    equal("the session goes on and answers", "ok 77", answer.op() + " " + answer.n());
  }

  /** Gives what must not come the time to come. */
  void never(String what, java.util.function.BooleanSupplier so)
      throws Broken, InterruptedException {
    ping();
    wire.never(what, so, QUIET);
  }

  ChannelFrame expect(Stream stream, int kind) throws Broken, InterruptedException {
    return wire.await(Codes.frame(kind) + " on " + stream, () -> stream.frame(kind));
  }

  ChannelFrame expect(Stream stream, int kind, WireReason reason)
      throws Broken, InterruptedException {
    ChannelFrame frame = expect(stream, kind);
    WireReason told = frame.reason();
    if (told == null || told.number() != reason.number()) {
      throw wire.broken(Codes.frame(kind) + " with " + Codes.reason(reason.number()));
    }
    return frame;
  }

  void expectReset(Stream stream, long reason) throws Broken, InterruptedException {
    String what = "a reset of " + stream + " with " + Codes.reason(reason);
    wire.until(what, () -> stream.reset);
    if (stream.resetNumber != reason) {
      throw wire.broken(what);
    }
  }

  /** Expects the receiver's refusal of a channel: CANCEL or a reset with one of these. */
  void expectRefused(Stream stream, Long... reasons) throws Broken, InterruptedException {
    List<Long> right = List.of(reasons);
    String what =
        "CANCEL or a reset of "
            + stream
            + " with "
            + String.join(" or ", right.stream().map(Codes::reason).toList());
    wire.until(what, () -> stream.reset || failure(stream) != null);
    WireReason told = failure(stream);
    if (!right.contains(told == null ? stream.resetNumber : told.number())) {
      throw wire.broken(what);
    }
  }

  private static @Nullable WireReason failure(Stream stream) {
    ChannelFrame frame = stream.frame(stream.peerSends() ? Codes.CLOSE : Codes.CANCEL);
    return frame == null ? null : frame.reason();
  }

  /** Expects the peer to end the session, with one of these reasons where it tells one. */
  void expectEnd(Long... reasons) throws Broken, InterruptedException {
    List<Long> right = List.of(reasons);
    String what =
        "the end of the session with "
            + String.join(" or ", right.stream().map(Codes::reason).toList());
    wire.until(what, () -> wire.over);
    WireReason told = sessionEnd();
    boolean fits = told == null ? wire.goAway > 0 : right.contains(told.number());
    if (!fits) {
      throw wire.broken(what);
    }
  }

  /** Why the peer ended the session; null if it did not say. */
  @Nullable WireReason sessionEnd() {
    Stream control = wire.stream(1);
    ChannelFrame frame = control == null ? null : control.frame(Codes.SESSION_END);
    return frame == null ? null : frame.reason();
  }

  /** Compares. */
  void equal(String what, @Nullable Object expected, @Nullable Object seen) throws Broken {
    wire.check();
    if (!String.valueOf(expected).equals(String.valueOf(seen))) {
      throw new Broken(wire.blame, what + ": " + expected, String.valueOf(seen));
    }
  }

  void isTrue(String what, boolean so, @Nullable Object seen) throws Broken {
    wire.check();
    if (!so) {
      throw new Broken(wire.blame, what, String.valueOf(seen));
    }
  }
}
