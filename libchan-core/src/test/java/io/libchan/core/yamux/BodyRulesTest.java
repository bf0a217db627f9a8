package io.libchan.core.yamux;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.BodyOptions;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.BodyConnection;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Environment;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import io.libchan.testkit.Rule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The listening side of bodies against a peer that is played by hand, frame by frame. */
final class BodyRulesTest {
  private static final int BEAT = 20_000;
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Clock clock = new Clock();
  private final Below below = new Below();
  private final Session session = new Session();
  private final BodyOptions limits = BodyOptions.DEFAULTS.withParked(1, 2).withMaxBodies(8);
  private final BodyMux mux =
      new BodyMux(below, false, Options.builder().with(limits).build(), clock);

  /** A session whose control stream is there, and whose peer is admitted. */
  private Played begun() {
    mux.start(session);
    Played control = below.arrives();
    control.says(Wire.BODY, Wire.CONTROL, 0, BEAT);
    control.opens(1, new StreamHeaders(1, StreamHeaders.Kind.CONTROL, "", null, 0, 0, Map.of()));
    mux.limitStreams(2);
    return control;
  }

  private Played stream(long reference) {
    Played body = below.arrives();
    body.says(Wire.BODY, Wire.FOR_STREAM, 0, BEAT);
    body.opens(1, bytes(reference));
    return body;
  }

  private Played parked() {
    Played body = below.arrives();
    body.says(Wire.BODY, Wire.PARKED, 0, BEAT);
    return body;
  }

  private static StreamHeaders bytes(long reference) {
    return new StreamHeaders(reference, StreamHeaders.Kind.BYTES, "", null, 0, 1, Map.of());
  }

  private void expectProtocolError(String rule) {
    assertThat(session.lost).isNotNull();
    assertThat(session.lost.code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    assertThat(session.lost.message()).startsWith(rule);
  }

  private void expectLimit(String name) {
    assertThat(session.lost).isNotNull();
    assertThat(session.lost.code()).isEqualTo(ReasonCode.LIMIT);
    assertThat(session.lost.message()).startsWith(name);
  }

  @Test
  @Rule({"BOD-2", "BOD-5"})
  void theFirstByteOfEachBodyComesAtOnce() {
    Played control = begun();
    assertThat(control.heard().get(0)).isEqualTo(new Frame(Wire.BODY, Wire.CONTROL, 0, BEAT));
    assertThat(parked().heard()).containsExactly(new Frame(Wire.BODY, Wire.PARKED, 0, BEAT));
    assertThat(stream(3).heard())
        .containsExactly(
            new Frame(Wire.BODY, Wire.FOR_STREAM, 0, BEAT),
            new Frame(Wire.WINDOW_UPDATE, Wire.ACK, 1, 0));
  }

  @Test
  @Rule("BOD-2")
  void aSecondBodyFrameEndsTheSession() {
    begun();
    parked().says(Wire.BODY, Wire.PARKED, 0, BEAT);
    expectProtocolError("BOD-2");
  }

  @Test
  @Rule("BOD-2")
  void aBodyForNothingKnownEndsTheSession() {
    begun();
    below.arrives().says(Wire.BODY, Wire.PARKED | Wire.FOR_STREAM, 0, BEAT);
    expectProtocolError("BOD-2");
  }

  @Test
  @Rule("BOD-3")
  void aBodyThatEndsBeforeItsStreamIsALossOfThatStreamOnly() {
    begun();
    Played cut = stream(3);
    Played other = stream(5);
    cut.closed(null);
    assertThat(session.streams.get(0).lostBy).isEqualTo(ReasonCode.CONNECTION_LOST);
    assertThat(session.streams.get(1).lostBy).isNull();
    assertThat(session.lost).isNull();
    other.says(Wire.DATA, Wire.FIN, 1, 0);
    assertThat(session.streams.get(1).ended).isTrue();
  }

  @Test
  @Rule("BOD-4")
  void aBodyHasOneStream() {
    begun();
    stream(3).says(Wire.WINDOW_UPDATE, Wire.SYN, 1, 0);
    expectProtocolError("BOD-4");
  }

  @Test
  @Rule("BOD-4")
  void theStreamOfABodyHasOneNumber() {
    begun();
    stream(3).says(Wire.WINDOW_UPDATE, 0, 3, 1);
    expectProtocolError("BOD-4");
  }

  @Test
  @Rule("BOD-4")
  void nothingOfAStreamComesBeforeItsSyn() {
    begun();
    Played body = below.arrives();
    body.says(Wire.BODY, Wire.FOR_STREAM, 0, BEAT);
    body.says(Wire.DATA, 0, 1, 1);
    expectProtocolError("BOD-4");
  }

  @Test
  @Rule({"BOD-6", "BOD-7"})
  void aStreamWaitsForAParkedBodyAndMoreAreAskedFor() {
    Played control = begun();
    MuxStream stream = mux.open(bytes(2), opened -> session.port());
    assertThat(stream.announced()).isFalse();
    assertThat(control.heard()).contains(new Frame(Wire.PARK, 0, 1, 2));
    assertThat(parked().heard()).contains(new Frame(Wire.WINDOW_UPDATE, Wire.SYN, 2, 0));
    assertThat(stream.announced()).isTrue();
  }

  @Test
  @Rule({"BOD-7", "BOD-18"})
  void idleBodiesAboveTheLimitAreTakenAway() {
    begun();
    parked();
    parked();
    assertThat(parked().heard())
        .endsWith(new Frame(Wire.PARK, 0, 1, 1), new Frame(Wire.GO_AWAY, 0, 0, 0));
    assertThat(session.lost).isNull();
  }

  @Test
  @Rule("BOD-7")
  void theConnectingSideCanNotAskForParkedBodies() {
    begun().says(Wire.PARK, 0, 1, 1);
    expectProtocolError("BOD-7");
  }

  @Test
  @Rule("BOD-18")
  void moreBodiesThanTheLimitEndTheSession() {
    begun();
    for (int i = 0; i < 8; i++) {
      below.arrives();
    }
    expectLimit("bodies");
  }

  @Test
  @Rule("BOD-13")
  void streamsAreRefusedAtTwiceTheLimit() {
    begun();
    for (int i = 0; i < 4; i++) {
      assertThat(stream(3 + 2L * i).heard())
          .contains(new Frame(Wire.WINDOW_UPDATE, Wire.ACK, 1, 0));
    }
    assertThat(stream(11).heard())
        .contains(new Frame(Wire.WINDOW_UPDATE, Wire.RST, 1, ReasonCode.LIMIT.number()));
    assertThat(session.lost).isNull();
  }

  @Test
  @Rule("PRE-5")
  void aSecondControlStreamEndsTheSession() {
    begun();
    below.arrives().says(Wire.BODY, Wire.CONTROL, 0, BEAT);
    expectProtocolError("PRE-5");
  }

  @Test
  @Rule("PRE-5")
  void aControlStreamOnAnotherBodyEndsTheSession() {
    begun();
    Played body = below.arrives();
    body.says(Wire.BODY, Wire.FOR_STREAM, 0, BEAT);
    body.opens(1, new StreamHeaders(1, StreamHeaders.Kind.CONTROL, "", null, 0, 0, Map.of()));
    expectProtocolError("PRE-5");
  }

  @Test
  @Rule({"BOD-9", "BOD-10"})
  void theControlStreamGoesOnWhereThePeerHasItFrom() {
    Played control = begun();
    session.say("hello, world");
    assertThat(control.text()).isEqualTo("hello, world");
    control.data(1, "abc");
    control.closed(new IOException("cut"));
    session.say("!");
    Played again = below.arrives();
    again.says(Wire.BODY, Wire.CONTINUED, 5, BEAT);
    assertThat(again.heard()).contains(new Frame(Wire.BODY, Wire.CONTINUED, 3, BEAT));
    again.opens(1, new StreamHeaders(1, StreamHeaders.Kind.CONTROL, "", null, 0, 0, Map.of()));
    assertThat(again.text()).isEqualTo(", world!");
    again.data(1, "d");
    assertThat(session.control.received.toString()).isEqualTo("abcd");
    clock.advance(GRACE.multipliedBy(2));
    assertThat(session.lost).isNull();
  }

  @Test
  @Rule("BOD-9")
  void controlBytesThatWereNeverSentEndTheSession() {
    Played control = begun();
    session.say("hello");
    assertThat(control.text()).isEqualTo("hello");
    below.arrives().says(Wire.BODY, Wire.CONTINUED, 6, BEAT);
    expectProtocolError("BOD-9");
  }

  @Test
  @Rule("BOD-10")
  void aSessionWithoutControlStreamIsLostAfterTheGraceTime() {
    Played control = begun();
    control.closed(new IOException("cut"));
    clock.advance(GRACE.minusMillis(1));
    assertThat(session.lost).isNull();
    clock.advance(Duration.ofMillis(2));
    assertThat(session.lost).isNotNull();
    assertThat(session.lost.code()).isEqualTo(ReasonCode.CONNECTION_LOST);
  }

  @Test
  @Rule("BOD-10")
  void aSessionThatIsNotKnownIsNotContinued() {
    mux.start(session);
    Played body = below.arrives();
    body.says(Wire.BODY, Wire.CONTINUED, 5, BEAT);
    assertThat(body.heard()).contains(new Frame(Wire.GO_AWAY, 0, 0, 3));
    assertThat(session.lost).isNotNull();
  }

  @Test
  @Rule("BOD-11")
  void aHeartbeatIsSaidInBounds() {
    begun();
    below.arrives().says(Wire.BODY, Wire.PARKED, 0, 0);
    expectProtocolError("BOD-11");
  }

  @Test
  @Rule({"BOD-11", "BOD-12"})
  void aSilentBodyIsLostAndAParkedOneHasItsHeartbeat() {
    Played control = begun();
    Played idle = parked();
    Played silent = stream(3);
    idle.heard();
    int beats = 0;
    for (int i = 0; i < 7; i++) {
      clock.advance(Duration.ofSeconds(10));
      control.says(Wire.PING, 0, 0, 0);
      idle.says(Wire.PING, 0, 0, 0);
      beats += idle.heard().equals(List.of(new Frame(Wire.PING, 0, 0, 0))) ? 1 : 0;
    }
    assertThat(beats).as("heartbeats in 70 s").isBetween(3, 7);
    assertThat(silent.aborted).isTrue();
    assertThat(session.streams.get(0).lostBy).isEqualTo(ReasonCode.CONNECTION_LOST);
    assertThat(session.lost).isNull();
  }

  @Test
  @Rule("BOD-14")
  void whatAProxyWritesCostsOneBody() {
    begun();
    Played body = stream(3);
    body.raw("<html><body>503 Service Unavailable".getBytes(StandardCharsets.US_ASCII));
    assertThat(body.aborted).isTrue();
    assertThat(session.streams.get(0).lostBy).isEqualTo(ReasonCode.CONNECTION_LOST);
    assertThat(session.lost).isNull();
  }

  @Test
  @Rule({"BOD-15", "BOD-16", "BOD-19"})
  void aCloseWaitsForWhatItsGoodbyeOvertook() {
    Played control = begun();
    Played early = stream(3);
    early.says(Wire.GO_AWAY, 0, 0, 0);
    control.says(Wire.GO_AWAY, 0, 2, 0);
    assertThat(session.lost).isNull();
    Played late = stream(5);
    late.data(1, "late");
    assertThat(session.lost).isNull();
    late.says(Wire.DATA, Wire.FIN, 1, 0);
    assertThat(session.lost).isNotNull();
    assertThat(session.lost.code()).isEqualTo(ReasonCode.SESSION_CLOSED);
    assertThat(session.streams.get(1).received.toString()).isEqualTo("late");
    assertThat(control.heard()).contains(new Frame(Wire.GO_AWAY, 0, 0, 0));
    assertThat(control.aborted).isFalse();
  }

  @Test
  @Rule("BOD-17")
  void aBodyThatSaysNothingIsGivenUp() {
    Played control = begun();
    Played mute = below.arrives();
    Played half = below.arrives();
    half.says(Wire.BODY, Wire.FOR_STREAM, 0, BEAT);
    clock.advance(Duration.ofSeconds(11));
    assertThat(mute.aborted).isTrue();
    assertThat(half.aborted).isTrue();
    assertThat(control.aborted).isFalse();
    assertThat(session.lost).isNull();
  }

  /** Eight bodies: one has the control stream, a quarter and what is parked are the peer's. */
  @Test
  @Rule("BOD-8")
  void theConnectingSideLeavesBodiesForStreamsOfThePeer() {
    BodyMux near = new BodyMux(below, true, Options.builder().with(limits).build(), clock);
    near.start(session);
    below.handler().capacity(8);
    near.open(
        new StreamHeaders(1, StreamHeaders.Kind.CONTROL, "", null, 0, 0, Map.of()),
        stream -> new Port());
    Played control = below.opened.get(0);
    control.says(Wire.BODY, Wire.CONTROL, 0, BEAT);
    control.says(Wire.WINDOW_UPDATE, Wire.ACK, 1, 0);
    control.data(1, "hello");
    for (int i = 0; i < 20; i++) {
      near.open(bytes(3 + 2 * i), stream -> new Port());
    }
    for (int i = 1; i < below.opened.size(); i++) {
      below.opened.get(i).says(Wire.BODY, 0, 0, BEAT);
    }

    List<Integer> kinds =
        below.opened.stream().map(body -> body.heard().get(0).flags()).sorted().toList();
    assertThat(kinds)
        .containsExactly(
            Wire.FOR_STREAM,
            Wire.FOR_STREAM,
            Wire.FOR_STREAM,
            Wire.FOR_STREAM,
            Wire.FOR_STREAM,
            Wire.PARKED,
            Wire.CONTROL);
  }

  @Test
  @Rule({"CTL-5", "BOD-15"})
  void lastWordsThatComeWhileTheBodyWritesStillGoBeforeGoAway() {
    Played control = begun();
    control.heard();
    session.control.whileFilling =
        () -> {
          session.say("why");
          session.controlStream().wantWrite();
          mux.abort(Reason.of(ReasonCode.INTERNAL, "planted"));
        };

    assertThat(control.heard())
        .containsExactly(
            new Frame(Wire.DATA, 0, 1, "why".length()), new Frame(Wire.GO_AWAY, 0, 0, 2));
  }

  // ---- what is around it ----

  private record Frame(int type, int flags, int stream, int length) {}

  /** One body; the peer's end is the test's. */
  private static final class Played implements ByteConnection {
    private @Nullable Handler handler;
    private final StringBuilder text = new StringBuilder();
    private boolean aborted;

    @Override
    public PeerInfo peer() {
      return PeerInfo.of("test", "body");
    }

    @Override
    public void start(Handler newHandler) {
      handler = newHandler;
    }

    @Override
    public void wantWrite() {}

    @Override
    public void close() {}

    @Override
    public void abort() {
      if (!aborted) {
        aborted = true;
        handler().closed(new IOException("aborted"));
      }
    }

    private Handler handler() {
      if (handler == null) {
        throw new AssertionError("not started");
      }
      return handler;
    }

    void closed(@Nullable IOException cause) {
      handler().closed(cause);
    }

    void raw(byte[] bytes) {
      handler().received(ByteBuffer.wrap(bytes));
    }

    void says(int type, int flags, int stream, int length) {
      ByteBuffer out = ByteBuffer.allocate(Wire.HEADER_BYTES);
      Wire.header(out, type, flags, stream, length);
      handler().received(out.flip());
    }

    void data(int stream, String payload) {
      byte[] bytes = payload.getBytes(StandardCharsets.US_ASCII);
      says(Wire.DATA, 0, stream, bytes.length);
      raw(bytes);
    }

    void opens(int stream, StreamHeaders headers) {
      byte[] preamble = Preamble.encode(headers);
      says(Wire.WINDOW_UPDATE, Wire.SYN, stream, 0);
      says(Wire.DATA, 0, stream, preamble.length);
      raw(preamble);
    }

    /** The frames that were written since it was last asked; payloads go to {@link #text}. */
    List<Frame> heard() {
      List<Frame> frames = new ArrayList<>();
      ByteBuffer out = ByteBuffer.allocate(64 * 1024);
      while (handler().fill(out)) {}
      out.flip();
      while (out.hasRemaining()) {
        out.get();
        int type = out.get();
        Frame frame = new Frame(type, out.getShort(), out.getInt(), out.getInt());
        frames.add(frame);
        for (int i = 0; type == Wire.DATA && i < frame.length; i++) {
          text.append((char) out.get());
        }
      }
      return frames;
    }

    String text() {
      heard();
      return text.toString();
    }
  }

  private static final class Below implements BodyConnection {
    private BodyConnection.@Nullable Handler handler;

    @Override
    public PeerInfo peer() {
      return PeerInfo.of("test", "bodies");
    }

    @Override
    public void start(BodyConnection.Handler newHandler) {
      handler = newHandler;
    }

    private final List<Played> opened = new ArrayList<>();

    @Override
    public ByteConnection open() {
      Played body = new Played();
      opened.add(body);
      return body;
    }

    BodyConnection.Handler handler() {
      if (handler == null) {
        throw new AssertionError("not started");
      }
      return handler;
    }

    Played arrives() {
      Played body = new Played();
      handler().opened(body);
      return body;
    }

    @Override
    public void close(Reason reason) {}
  }

  /** Keeps what it is told. */
  private static final class Session implements MuxConnection.Handler {
    private final List<Port> streams = new ArrayList<>();
    private final Port control = new Port();
    private @Nullable MuxStream controlStream;
    private @Nullable Reason lost;

    @Override
    public MuxStream.Handler opened(MuxStream stream, StreamHeaders headers) {
      if (headers.kind() == StreamHeaders.Kind.CONTROL) {
        controlStream = stream;
        return control;
      }
      return port();
    }

    MuxStream controlStream() {
      if (controlStream == null) {
        throw new AssertionError("no control stream");
      }
      return controlStream;
    }

    Port port() {
      Port port = new Port();
      streams.add(port);
      return port;
    }

    /** Something on the control stream, which leaves at once if there is a body for it. */
    void say(String text) {
      control.sending.append(text);
    }

    @Override
    public void lost(Reason reason) {
      lost = reason;
    }
  }

  private static final class Port implements MuxStream.Handler {
    private final StringBuilder received = new StringBuilder();
    private final StringBuilder sending = new StringBuilder();
    private @Nullable ReasonCode lostBy;
    private boolean ended;

    /** Comes once, after all else of a turn was written. */
    private @Nullable Runnable whileFilling;

    @Override
    public MuxStream.Left fill(ByteBuffer target) {
      Runnable meanwhile = whileFilling;
      if (meanwhile != null) {
        whileFilling = null;
        meanwhile.run();
        return MuxStream.Left.NOTHING;
      }
      while (sending.length() > 0 && target.hasRemaining()) {
        target.put((byte) sending.charAt(0));
        sending.deleteCharAt(0);
      }
      return sending.length() > 0 ? MuxStream.Left.MORE : MuxStream.Left.NOTHING;
    }

    @Override
    public void received(ByteBuffer bytes) {
      while (bytes.hasRemaining()) {
        received.append((char) bytes.get());
      }
    }

    @Override
    public void peerEnded() {
      ended = true;
    }

    @Override
    public void reset(int code) {}

    @Override
    public void lost(Reason reason) {
      lostBy = reason.code();
    }

    @Override
    public void over() {}
  }

  private static final class Clock implements Environment {
    private record Entry(long at, Runnable task) {}

    private final List<Entry> timers = new ArrayList<>();
    private long now;

    @Override
    public long nanoTime() {
      return now;
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      Entry entry = new Entry(now + delay.toNanos(), task);
      timers.add(entry);
      return () -> timers.remove(entry);
    }

    @Override
    public void execute(Runnable task) {
      task.run();
    }

    void advance(Duration by) {
      long until = now + by.toNanos();
      for (; ; ) {
        Entry next =
            timers.stream()
                .min(Comparator.comparingLong(Entry::at))
                .filter(entry -> entry.at <= until)
                .orElse(null);
        if (next == null) {
          now = until;
          return;
        }
        timers.remove(next);
        now = next.at;
        next.task.run();
      }
    }
  }
}
