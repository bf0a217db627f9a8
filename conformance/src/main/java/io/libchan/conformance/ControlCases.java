package io.libchan.conformance;

import static io.libchan.conformance.Codes.DRAINING;
import static io.libchan.conformance.Codes.LIMIT;
import static io.libchan.conformance.Codes.PROTOCOL_ERROR;
import static io.libchan.conformance.Codes.UNSUPPORTED;

/** Section 5.1: the session, and section 2 as far as it is seen here. Not to be instantiated. */
final class ControlCases {
  private static final long SHORT = 200; // ms

  private ControlCases() {}

  static void addTo(Cases cases) {
    cases.must("TLS-1", "the protocol that TLS agrees on", ControlCases::protocol);
    cases.must("CTL-1", "HELLO comes first", ControlCases::hello);
    cases.must("CTL-1", "no stream before the tester's HELLO", ControlCases::nothingBefore);
    cases.must("CTL-1", "a second HELLO", ControlCases::secondHello);
    cases.must("CTL-1", "another frame before HELLO", ControlCases::frameBefore);
    cases.must("CTL-3", "HELLO of an unknown version", ControlCases::version);
    cases.must("CTL-4", "no top-level channel after DRAIN", ControlCases::drain);
    cases.should("CTL-5", "an error is told before GO_AWAY", ControlCases::told);
    cases.must("CTL-6", "no word", ControlCases::noWord);
    cases.must("CTL-6", "no HELLO", ControlCases::noHello);
    cases.must("CTL-7", "no more streams than HELLO allows", ControlCases::places);
    cases.must("CTL-8", "an unknown header of HELLO", ControlCases::unknownHeader);
    cases.must("CTL-9", "the control stream ends", tester -> controlEnds(tester, false));
    cases.must("CTL-9", "the control stream is reset", tester -> controlEnds(tester, true));
    cases.must(
        "CTL-10", "a HELLO that is cut short", tester -> badHello(tester, Bytes.of(99, 0, 9)));
    cases.must(
        "CTL-10",
        "a known header twice",
        tester -> badHello(tester, Preamble.header(3, Bytes.text("x"))));
    cases.must(
        "CTL-10",
        "a number of two bytes",
        tester -> badHello(tester, Preamble.header(9, Bytes.u16(4))));
    cases.must("CTL-11", "SESSION_END with END", ControlCases::endWithEnd);
  }

  private static void protocol(Tester tester) throws Exception {
    Talk talk = tester.talk();
    if (tester.protocol().isEmpty()) {
      throw new NotApplicable("the connection is not TLS");
    }
    talk.equal("ALPN", "libchan/1", tester.protocol());
  }

  private static void hello(Tester tester) throws Exception {
    Talk talk = tester.talk();
    talk.isTrue(
        "codecs in HELLO", talk.wire.hello != null && talk.wire.hello.containsKey(4), "none");
  }

  private static void nothingBefore(Tester tester) throws Exception {
    Talk talk = tester.connect();
    if (talk.wire.connecting) {
      talk.openControl();
    }
    talk.wire.never("no stream before HELLO", () -> !talk.wire.opened().isEmpty(), SHORT);
  }

  private static void secondHello(Tester tester) throws Exception {
    Talk talk = tester.talk();
    talk.data(1, Hello.USUAL.frame());
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void frameBefore(Tester tester) throws Exception {
    tester.onlyWhenConnecting("the peer speaks first");
    Talk talk = tester.connect();
    talk.openControl();
    talk.control(Codes.DRAIN);
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void version(Tester tester) throws Exception {
    Talk talk = tester.connect();
    talk.sayHello(Hello.USUAL.version("2"));
    talk.wire.until("SESSION_END with UNSUPPORTED(10)", () -> talk.sessionEnd() != null);
    talk.expectEnd(UNSUPPORTED);
  }

  private static void drain(Tester tester) throws Exception {
    Commands commands = tester.talk().commands();
    Talk talk = commands.talk;
    Answer unused = commands.ok(Packet.op("open").text("before"));
    talk.wire.until("a stream before DRAIN", () -> talk.wire.opened().size() == 1);
    talk.control(Codes.DRAIN);
    talk.ping();
    Answer answer = commands.ask(Packet.op("open").text("after"));
    talk.never("no stream after DRAIN", () -> talk.wire.opened().size() > 1);
    talk.equal("\"open\" answers", "failed " + Codes.reason(DRAINING), answer.outcome());
  }

  private static void told(Tester tester) throws Exception {
    Talk talk = tester.talk();
    talk.wire.write(MuxFrame.of(9, 0, 0, 0));
    talk.expectEnd(PROTOCOL_ERROR);
    WireReason told = talk.sessionEnd();
    talk.equal("SESSION_END with", PROTOCOL_ERROR, told == null ? "none" : told.number());
  }

  private static void noWord(Tester tester) throws Exception {
    Talk talk = tester.connect();
    talk.wire.until("the end, after the handshake time-out", () -> talk.wire.over);
  }

  private static void noHello(Tester tester) throws Exception {
    tester.onlyWhenConnecting("the peer opens the control stream");
    Talk talk = tester.connect();
    talk.openControl();
    talk.wire.until("the end, after the handshake time-out", () -> talk.wire.over);
  }

  private static void places(Tester tester) throws Exception {
    Commands commands = tester.talk(Hello.USUAL.streams(1)).commands();
    Talk talk = commands.talk;
    Stream first = commands.offer("bytes", 0);
    Stream reply = commands.begin(Packet.op("offer").text("bytes"));
    talk.never("one stream open at a time", () -> talk.wire.opened().size() > 1);
    talk.reset(first, Codes.CANCELLED);
    Answer answer = commands.answer(reply);
    boolean right = answer.op().equals("ok") || answer.n() == LIMIT;
    talk.isTrue(
        "the second offer succeeds once there is a place, or fails with LIMIT(7)", right, answer);
  }

  private static void unknownHeader(Tester tester) throws Exception {
    byte[] unknown = Preamble.header(77, Bytes.of(0xff, 0xfe));
    tester.talk(Hello.USUAL.more(unknown, unknown)).alive();
  }

  private static void controlEnds(Tester tester, boolean reset) throws Exception {
    Talk talk = tester.talk();
    talk.wire.write(
        reset
            ? MuxFrame.of(Codes.WINDOW_UPDATE, Codes.RST, 1, Codes.CANCELLED)
            : MuxFrame.data(Codes.FIN, 1, new byte[0]));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void badHello(Tester tester, byte[] header) throws Exception {
    Talk talk = tester.connect();
    talk.sayHello(Hello.USUAL.more(header));
    talk.expectEnd(PROTOCOL_ERROR);
  }

  private static void endWithEnd(Tester tester) throws Exception {
    Talk talk = tester.talk();
    talk.control(Codes.SESSION_END, WireReason.of(Codes.END).bytes());
    talk.expectEnd(PROTOCOL_ERROR);
  }
}
