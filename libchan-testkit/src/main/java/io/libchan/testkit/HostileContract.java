package io.libchan.testkit;

import static io.libchan.testkit.ScriptedPeer.ACK;
import static io.libchan.testkit.ScriptedPeer.DATA;
import static io.libchan.testkit.ScriptedPeer.FIN;
import static io.libchan.testkit.ScriptedPeer.GO_AWAY;
import static io.libchan.testkit.ScriptedPeer.PING;
import static io.libchan.testkit.ScriptedPeer.RST;
import static io.libchan.testkit.ScriptedPeer.SYN;
import static io.libchan.testkit.ScriptedPeer.WINDOW_UPDATE;
import static io.libchan.testkit.ScriptedPeer.encode;
import static io.libchan.testkit.ScriptedPeer.frame;
import static io.libchan.testkit.ScriptedPeer.frameHeader;
import static io.libchan.testkit.ScriptedPeer.headerValue;
import static io.libchan.testkit.ScriptedPeer.helloFrame;
import static io.libchan.testkit.ScriptedPeer.join;
import static io.libchan.testkit.ScriptedPeer.longNumber;
import static io.libchan.testkit.ScriptedPeer.message;
import static io.libchan.testkit.ScriptedPeer.number;
import static io.libchan.testkit.ScriptedPeer.preamble;
import static io.libchan.testkit.ScriptedPeer.reason;
import static io.libchan.testkit.ScriptedPeer.table;
import static io.libchan.testkit.ScriptedPeer.text;
import static io.libchan.testkit.Waits.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.spi.Services;
import io.libchan.testkit.Boxes.SenderBox;
import io.libchan.testkit.Boxes.TwoSenders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an engine does with a peer that breaks the rules: it says which, ends what the rule says and
 * nothing more, in bounded time and memory. The peer is a {@link ScriptedPeer} over a {@link
 * PipePair}; no transport takes part.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
@ExtendWith({Leaks.class, QuietLog.class})
public abstract class HostileContract {
  private static final int WINDOW = 262_144;
  private static final byte[] NO_TABLE = {0, 0};
  private static final int HUGE = 0x7fffffff;

  private final RealTime time = new RealTime();
  private @Nullable ScriptedPeer peer;
  private @Nullable CompletableFuture<Session> starting;

  /** For subclasses. */
  protected HostileContract() {}

  /** The codec of the channels. */
  protected abstract String codec();

  /** Whether the engine plays the connecting side; the scripted peer plays the other. */
  protected boolean engineConnects() {
    return false;
  }

  @AfterEach
  void endEverything() throws Exception {
    CompletableFuture<Session> started = starting;
    if (started != null && started.isDone() && !started.isCompletedExceptionally()) {
      started.get().abort(Reason.of(ReasonCode.SESSION_CLOSED, "the test is over"));
      Waits.value(started.get().closed());
    }
    if (peer != null) {
      peer.close();
    }
    time.close();
  }

  /** Starts an engine and gives its peer, before any hello. */
  private ScriptedPeer connect(UnaryOperator<Options.Builder> options) {
    PipePair pipe = new PipePair(time::execute);
    Options.Builder builder =
        Options.builder()
            .codec(codec())
            .nodeName("engine")
            .referenceTimeout(Duration.ofMillis(300))
            .closeTimeout(Duration.ofMillis(500));
    starting =
        Services.engine()
            .start(pipe.left(), engineConnects(), options.apply(builder).build(), time)
            .toCompletableFuture();
    peer = new ScriptedPeer(pipe.right(), !engineConnects());
    return peer;
  }

  private ScriptedPeer meet(UnaryOperator<Options.Builder> options) throws Exception {
    ScriptedPeer met = connect(options).hello();
    assertThat(session().peer().node()).isEqualTo("peer");
    return met;
  }

  private ScriptedPeer meet() throws Exception {
    return meet(UnaryOperator.identity());
  }

  private static UnaryOperator<Options.Builder> limits(UnaryOperator<Limits> change) {
    return options -> options.limits(change.apply(Limits.DEFAULTS));
  }

  private Session session() throws Exception {
    if (starting == null) {
      throw new AssertionError("not started");
    }
    return starting.get(BOUND.toNanos(), TimeUnit.NANOSECONDS);
  }

  private byte[] note(long number) throws ChannelException {
    return message(NO_TABLE, encode(codec(), Note.of(number)));
  }

  /** A channel that obeys the rules, to see whether it suffers from what others do. */
  private final class Honest {
    private final ScriptedPeer from;
    private final int stream;
    private final Receiver<Note> receiver;
    private long sent;

    Honest(ScriptedPeer from) throws Exception {
      this.from = from;
      stream = from.openChannel("honest", codec(), 1024);
      receiver = session().accept("honest", Note.class, BOUND);
      expectAlive();
    }

    void expectAlive() throws Exception {
      from.data(stream, note(sent));
      assertThat(ChannelPair.next(receiver)).isEqualTo(Note.of(sent));
      sent++;
      assertThat(session().closed().toCompletableFuture()).isNotDone();
    }
  }

  private void expectSessionEnd(ReasonCode... codes) throws Exception {
    Reason reason = Waits.value(session().closed());
    assertThat(reason.code()).as("%s", reason).isIn((Object[]) codes);
    scripted().expectOver();
    Reason told = given(scripted().sessionEnd());
    assertThat(told.number()).as("SESSION_END").isEqualTo(reason.number());
    Frame goAway = Frame.of(scripted());
    assertThat(goAway.code()).as("GO_AWAY").isEqualTo(1);
  }

  /** The GO_AWAY that ended a connection. */
  private record Frame(int code) {
    static Frame of(ScriptedPeer peer) throws Exception {
      return new Frame(peer.expect("GO_AWAY", frame -> frame.type() == GO_AWAY).length());
    }
  }

  private static Reason given(@Nullable Reason told) {
    if (told == null) {
      throw new AssertionError("the engine did not say why");
    }
    return told;
  }

  private ScriptedPeer scripted() {
    if (peer == null) {
      throw new AssertionError("no peer");
    }
    return peer;
  }

  // What ends the session.

  /** Breaches that end the session. */
  enum Breach {
    UNKNOWN_VERSION,
    UNKNOWN_TYPE,
    DATA_FOR_A_STREAM_NEVER_OPENED,
    SYN_OF_THE_WRONG_PARITY,
    SYN_OF_A_USED_ID,
    SYN_OF_A_LOWER_ID,
    WINDOW_ABOVE_2_TO_31,
    DATA_LENGTH_2_TO_32,
    DATA_LENGTH_2_TO_31,
    SYN_WITH_DATA_ABOVE_THE_WINDOW,
    DATA_ABOVE_THE_WINDOW,
    PREAMBLE_TOO_LONG,
    PREAMBLE_TOO_SHORT,
    PREAMBLE_HEADER_TWICE,
    PREAMBLE_HEADER_CUT,
    PREAMBLE_NAME_NOT_TEXT,
    PREAMBLE_CAPACITY_TOO_LARGE,
    REFERENCE_0,
    REFERENCE_2_TO_63,
    REFERENCE_OF_THE_WRONG_PARITY,
    REFERENCE_TWICE,
    SECOND_CONTROL_STREAM,
    CONTROL_UNKNOWN_FRAME,
    CONTROL_LENGTH_2_TO_32,
    CONTROL_LENGTH_2_TO_31,
    CONTROL_ENDS,
    CONTROL_RESET
  }

  @ParameterizedTest
  @EnumSource(Breach.class)
  @Rule({"MUX-7", "MUX-14", "MUX-15", "PRE-1", "PRE-2", "PRE-3", "PRE-5", "FRM-1", "FRM-2"})
  @Rule({"CTL-5", "CTL-9", "MUX-13"})
  void aBreachOfTheRulesEndsTheSessionAndIsTold(Breach breach) throws Exception {
    ScriptedPeer peer = meet();
    Honest honest = new Honest(peer);
    Task<Note> waiting = Task.call(() -> honest.receiver.receive()).awaitBlocked();
    play(breach, peer, honest.stream);
    if (breach == Breach.CONTROL_RESET) {
      // Nothing can be told any more where it would be.
      assertThat(Waits.value(session().closed()).code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
      peer.expectOver();
    } else {
      expectSessionEnd(ReasonCode.PROTOCOL_ERROR, ReasonCode.LIMIT);
    }
    assertThat(waiting.failure(ChannelException.class).reason().isEnd()).isFalse();
  }

  private void play(Breach breach, ScriptedPeer peer, int used) throws Exception {
    int fresh = peer.newStream();
    long reference = peer.newReference();
    byte[] codecHeader = headerValue(2, text(codec()));
    switch (breach) {
      case UNKNOWN_VERSION -> peer.raw(new byte[] {1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0});
      case UNKNOWN_TYPE -> peer.header(4, 0, 1, 0);
      case DATA_FOR_A_STREAM_NEVER_OPENED -> peer.data(fresh, (byte) 1);
      case SYN_OF_THE_WRONG_PARITY -> peer.header(WINDOW_UPDATE, SYN, fresh + 1, 0);
      case SYN_OF_A_USED_ID -> peer.header(WINDOW_UPDATE, SYN, used, 0);
      case SYN_OF_A_LOWER_ID -> {
        peer.header(WINDOW_UPDATE, SYN, fresh + 10, 0);
        peer.header(WINDOW_UPDATE, SYN, fresh, 0);
      }
      case WINDOW_ABOVE_2_TO_31 -> peer.header(WINDOW_UPDATE, 0, 1, HUGE);
      case DATA_LENGTH_2_TO_32 -> peer.header(DATA, 0, used, -1);
      case DATA_LENGTH_2_TO_31 -> peer.header(DATA, 0, used, HUGE);
      case SYN_WITH_DATA_ABOVE_THE_WINDOW -> peer.header(DATA, SYN, fresh, WINDOW + 1);
      case DATA_ABOVE_THE_WINDOW -> {
        byte[] notes = note(1);
        byte[] all = new byte[WINDOW + 1];
        for (int at = 0; at < all.length; at += notes.length) {
          System.arraycopy(notes, 0, all, at, Math.min(notes.length, all.length - at));
        }
        int stream = peer.openChannel("flooded", codec(), Channel.MAX_CAPACITY);
        peer.data(stream, Arrays.copyOf(all, 60_000));
        for (int at = 60_000; at < all.length; at += 60_000) {
          peer.data(stream, Arrays.copyOfRange(all, at, Math.min(all.length, at + 60_000)));
        }
      }
      case PREAMBLE_TOO_LONG -> opened(peer, fresh, join(new byte[] {0x20, 0x01}, new byte[8193]));
      case PREAMBLE_TOO_SHORT -> opened(peer, fresh, new byte[] {0, 3, 1, 0, 0});
      case PREAMBLE_HEADER_TWICE ->
          opened(peer, fresh, preamble(1, reference, codecHeader, codecHeader));
      case PREAMBLE_HEADER_CUT ->
          opened(peer, fresh, preamble(1, reference, new byte[] {1, 0, 100, 65}));
      case PREAMBLE_NAME_NOT_TEXT ->
          opened(
              peer,
              fresh,
              preamble(1, reference, headerValue(1, new byte[] {(byte) 0xff}), codecHeader));
      case PREAMBLE_CAPACITY_TOO_LARGE ->
          opened(
              peer,
              fresh,
              preamble(
                  1, reference, codecHeader, headerValue(3, number(Channel.MAX_CAPACITY + 1))));
      case REFERENCE_0 -> opened(peer, fresh, preamble(1, 0, codecHeader));
      case REFERENCE_2_TO_63 ->
          opened(peer, fresh, preamble(1, Long.MIN_VALUE + reference, codecHeader));
      case REFERENCE_OF_THE_WRONG_PARITY ->
          opened(peer, fresh, preamble(1, reference + 1, codecHeader));
      case REFERENCE_TWICE -> {
        opened(peer, fresh, preamble(1, reference, codecHeader));
        opened(peer, peer.newStream(), preamble(1, reference, codecHeader));
      }
      case SECOND_CONTROL_STREAM -> opened(peer, fresh, preamble(0, reference));
      case CONTROL_UNKNOWN_FRAME -> peer.data(1, frame(99));
      case CONTROL_LENGTH_2_TO_32 -> peer.data(1, frameHeader(3, -1));
      case CONTROL_LENGTH_2_TO_31 -> peer.data(1, frameHeader(1, HUGE));
      case CONTROL_ENDS -> peer.fin(1);
      case CONTROL_RESET -> peer.rst(1, ReasonCode.CANCELLED);
    }
  }

  private static void opened(ScriptedPeer peer, int stream, byte[] first) {
    peer.header(WINDOW_UPDATE, SYN, stream, 0);
    peer.data(stream, first);
  }

  @Test
  @Rule("MUX-16")
  void aFloodOfEmptyFramesEndsTheSession() throws Exception {
    ScriptedPeer peer = meet(limits(limits -> limits.withMaxIdleFrames(100)));
    Honest honest = new Honest(peer);
    for (int i = 0; i < 100; i++) {
      peer.header(DATA, 0, honest.stream, 0);
    }
    honest.expectAlive();
    for (int i = 0; i < 101; i++) {
      peer.header(DATA, 0, honest.stream, 0);
    }
    expectSessionEnd(ReasonCode.LIMIT);
    assertThat(Waits.value(session().closed()).message()).startsWith("idle-frames:");
  }

  @Test
  @Rule("MUX-16")
  void aFloodOfPingsEndsTheSession() throws Exception {
    ScriptedPeer peer = meet(limits(limits -> limits.withMaxPings(20)));
    for (int i = 0; i < 20; i++) {
      int value = i;
      peer.header(PING, SYN, 0, value);
      peer.expect("the answer", one -> one.type() == PING && one.length() == value);
    }
    assertThat(session().closed().toCompletableFuture()).isNotDone();
    for (int i = 0; i < 20; i++) {
      peer.header(PING, SYN, 0, i);
    }
    expectSessionEnd(ReasonCode.LIMIT);
    assertThat(Waits.value(session().closed()).message()).startsWith("pings:");
  }

  @ParameterizedTest
  @ValueSource(ints = {400_000_000, HUGE, -1})
  @Rule({"FRM-2", "LIM-3", "SEC-7"})
  void aLyingLengthCostsNoMemory(int length) throws Exception {
    ScriptedPeer peer = meet();
    Honest honest = new Honest(peer);
    System.gc();
    long before = used();
    List<Receiver<Note>> liars = new ArrayList<>();
    for (int kind : new int[] {16, 17, 18, 19, 32, 77}) {
      int stream = peer.openChannel("liar", codec(), 4);
      peer.data(stream, join(frameHeader(kind, length), new byte[20]));
      liars.add(session().accept("liar", Note.class, BOUND));
    }
    for (Receiver<Note> liar : liars) {
      ChannelException failure = ChannelPair.failure(liar, ChannelException.class);
      assertThat(failure.reason().code()).isIn(ReasonCode.PROTOCOL_ERROR, ReasonCode.LIMIT);
    }
    System.gc();
    assertThat(used() - before).as("growth of the heap").isLessThan(64 << 20);
    honest.expectAlive();
  }

  private static long used() {
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  // What ends one channel.

  /** Breaches by the sender of a channel that end it. */
  enum ForwardBreach {
    UNKNOWN_KIND,
    BACKWARD_KIND,
    CONTROL_KIND,
    MESSAGE_WITHOUT_TABLE,
    TABLE_LONGER_THAN_THE_MESSAGE,
    TABLE_OF_65535_ATTACHMENTS,
    CLOSE_WITHOUT_REASON,
    CLOSE_WITH_A_LYING_REASON,
    FLUSH_WITH_A_BODY,
    WITHDRAW_TOO_SHORT,
    TOO_MANY_MESSAGES,
    MALFORMED_MESSAGE,
    END_WITHOUT_CLOSE,
    END_IN_A_FRAME,
    RESET
  }

  @ParameterizedTest
  @EnumSource(ForwardBreach.class)
  @Rule({"FRM-1", "CH-14", "CH-22", "CH-25", "CH-30", "ATT-4", "LIM-1"})
  void aBreachOnAChannelEndsThatChannelOnly(ForwardBreach breach) throws Exception {
    ScriptedPeer peer = meet();
    Honest honest = new Honest(peer);
    int stream = peer.openChannel("bad", codec(), 2);
    Receiver<Note> receiver = session().accept("bad", Note.class, BOUND);
    byte[] good = encode(codec(), Note.of(1));
    switch (breach) {
      case UNKNOWN_KIND -> peer.data(stream, frame(99, (byte) 1));
      case BACKWARD_KIND -> peer.data(stream, frame(32, longNumber(1)));
      case CONTROL_KIND -> peer.data(stream, frame(2));
      case MESSAGE_WITHOUT_TABLE -> peer.data(stream, frame(16, (byte) 0));
      case TABLE_LONGER_THAN_THE_MESSAGE ->
          peer.data(stream, message(new byte[] {0, 9, 1, 0}, new byte[0]));
      case TABLE_OF_65535_ATTACHMENTS ->
          peer.data(stream, message(new byte[] {-1, -1}, new byte[100]));
      case CLOSE_WITHOUT_REASON -> peer.data(stream, frame(17));
      case CLOSE_WITH_A_LYING_REASON ->
          peer.data(stream, frame(17, new byte[] {0, 0, 0, 2, -1, -1, 65}));
      case FLUSH_WITH_A_BODY -> peer.data(stream, frame(18, (byte) 1));
      case WITHDRAW_TOO_SHORT -> peer.data(stream, frame(19, (byte) 1));
      case TOO_MANY_MESSAGES -> peer.data(stream, join(note(1), note(2), note(3)));
      case MALFORMED_MESSAGE ->
          peer.data(stream, message(NO_TABLE, new byte[] {(byte) 0xc1, (byte) 0xff, 0}));
      case END_WITHOUT_CLOSE -> {
        peer.data(stream, message(NO_TABLE, good));
        peer.fin(stream);
      }
      case END_IN_A_FRAME -> {
        peer.data(stream, Arrays.copyOf(note(1), 9));
        peer.fin(stream);
      }
      case RESET -> peer.rst(stream, ReasonCode.FAILED);
    }
    ChannelException failure = ChannelPair.failure(receiver, ChannelException.class);
    ReasonCode[] expected =
        switch (breach) {
          case END_WITHOUT_CLOSE, END_IN_A_FRAME ->
              new ReasonCode[] {ReasonCode.TRUNCATED, ReasonCode.PROTOCOL_ERROR};
          case RESET -> new ReasonCode[] {ReasonCode.FAILED};
          case TABLE_OF_65535_ATTACHMENTS ->
              new ReasonCode[] {ReasonCode.LIMIT, ReasonCode.PROTOCOL_ERROR};
          default -> new ReasonCode[] {ReasonCode.PROTOCOL_ERROR};
        };
    assertThat(failure.reason().code()).as("%s", failure).isIn((Object[]) expected);
    assertThat(receiver.ended()).isFalse();
    honest.expectAlive();
  }

  /** Breaches by the receiver of a channel that end it. */
  enum BackwardBreach {
    ACK_TOO_HIGH,
    ACK_GOES_BACK,
    ACK_TOO_SHORT,
    ACK_NEGATIVE,
    FORWARD_KIND,
    UNKNOWN_KIND,
    CANCEL_WITHOUT_REASON,
    LYING_LENGTH,
    RESET
  }

  @ParameterizedTest
  @EnumSource(BackwardBreach.class)
  @Rule({"CH-13", "FRM-1", "FRM-2", "CH-22"})
  void aBreachByTheReceiverEndsThatChannelOnly(BackwardBreach breach) throws Exception {
    ScriptedPeer peer = meet();
    Honest honest = new Honest(peer);
    Sender<Note> sender = session().open("out", Note.class, 4);
    int stream = peer.expect("the channel", one -> one.has(SYN) && one.stream() > 1).stream();
    peer.header(WINDOW_UPDATE, ACK, stream, 0);
    sender.send(Note.of(1));
    sender.send(Note.of(2));
    Task<Boolean> flushing = Task.run(() -> sender.flush()).awaitBlocked();
    switch (breach) {
      case ACK_TOO_HIGH -> peer.data(stream, frame(32, longNumber(3)));
      case ACK_GOES_BACK ->
          peer.data(stream, join(frame(32, longNumber(1)), frame(32, longNumber(0))));
      case ACK_TOO_SHORT -> peer.data(stream, frame(32, (byte) 1));
      case ACK_NEGATIVE -> peer.data(stream, frame(32, longNumber(-1)));
      case FORWARD_KIND -> peer.data(stream, note(1));
      case UNKNOWN_KIND -> peer.data(stream, frame(99));
      case CANCEL_WITHOUT_REASON -> peer.data(stream, frame(33));
      case LYING_LENGTH -> peer.data(stream, frameHeader(33, HUGE));
      case RESET -> peer.rst(stream, ReasonCode.FAILED);
    }
    ChannelException failure = flushing.failure(ChannelException.class);
    assertThat(failure.reason().code())
        .as("%s", failure)
        .isIn(
            breach == BackwardBreach.RESET
                ? List.of(ReasonCode.FAILED)
                : List.of(ReasonCode.PROTOCOL_ERROR, ReasonCode.LIMIT));
    assertThatThrownBy(() -> sender.send(Note.of(3))).isInstanceOf(ChannelException.class);
    honest.expectAlive();
  }

  // Streams that are refused.

  @Test
  @Rule({"PRE-4", "PRE-6", "PRE-9"})
  void whatIsNotSupportedIsRefusedAlone() throws Exception {
    ScriptedPeer peer = meet();
    Honest honest = new Honest(peer);
    byte[] codecHeader = headerValue(2, text(codec()));
    for (int kind = 2; kind <= 5; kind++) {
      peer.expectReset(peer.open(kind, peer.newReference(), codecHeader), ReasonCode.UNSUPPORTED);
    }
    peer.expectReset(
        peer.open(1, peer.newReference(), codecHeader, headerValue(200, text("new"))),
        ReasonCode.UNSUPPORTED);
    peer.expectReset(
        peer.open(1, peer.newReference(), headerValue(2, text("klingon"))), ReasonCode.UNSUPPORTED);
    honest.expectAlive();
  }

  @Test
  @Rule({"PRE-4", "CTL-8"})
  void headersNobodyKnowsAreIgnored() throws Exception {
    ScriptedPeer peer = meet();
    int stream =
        peer.open(
            1,
            peer.newReference(),
            headerValue(1, text("new")),
            headerValue(2, text(codec())),
            headerValue(100, text("whatever")));
    peer.data(stream, note(5));
    assertThat(ChannelPair.next(session().accept("new", Note.class, BOUND))).isEqualTo(Note.of(5));
  }

  @Test
  @Rule({"PRE-7", "LIM-1"})
  void channelsAboveTheBacklogAreRefusedAlone() throws Exception {
    ScriptedPeer peer = meet(limits(limits -> limits.withMaxBacklog(4)));
    Honest honest = new Honest(peer);
    List<Integer> opened = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      opened.add(peer.openChannel("unwanted", codec(), 4));
    }
    peer.expectReset(opened.get(4), ReasonCode.LIMIT);
    peer.expectReset(opened.get(5), ReasonCode.LIMIT);
    honest.expectAlive();
    for (int i = 0; i < 4; i++) {
      peer.data(opened.get(i), note(i));
      assertThat(ChannelPair.next(session().accept("unwanted", Note.class, BOUND)))
          .isEqualTo(Note.of(i));
    }
  }

  @Test
  @Rule({"MUX-17", "CTL-7", "LIM-1"})
  void aFloodOfStreamsIsRefusedByTheLimit() throws Exception {
    ScriptedPeer peer = meet(limits(limits -> limits.withMaxStreams(10).withMaxBacklog(1000)));
    Honest honest = new Honest(peer);
    int last = 0;
    for (int i = 0; i < 500; i++) {
      last = peer.openChannel("flood", codec(), 1);
    }
    peer.expectReset(last, ReasonCode.LIMIT);
    honest.expectAlive();
    int accepted = 0;
    try {
      for (; ; accepted++) {
        Receiver<Note> receiver = session().accept("flood", Note.class, Duration.ofMillis(50));
        assertThat(receiver.capacity()).isEqualTo(1);
      }
    } catch (java.util.concurrent.TimeoutException e) {
      assertThat(accepted).isBetween(7, 9);
    }
    honest.expectAlive();
  }

  // References.

  /** References in a message that give no right. */
  enum Forgery {
    NEVER_OPENED,
    OF_THE_WRONG_PARITY,
    ZERO,
    TWO_TO_63,
    OF_A_CLOSED_STREAM,
    CLAIMED_BEFORE,
    TWICE_IN_ONE_MESSAGE,
    OF_THE_OTHER_DIRECTION,
    OF_ANOTHER_KIND,
    OF_ANOTHER_PARENT,
    OF_A_TOP_LEVEL_CHANNEL,
    OF_THE_CHANNEL_ITSELF,
    OF_THE_CONTROL_STREAM,
    OF_A_KIND_NOBODY_KNOWS
  }

  @ParameterizedTest
  @EnumSource(Forgery.class)
  @Rule({"ATT-2", "ATT-3", "PRE-1", "SEC-4"})
  void aForgedReferenceGivesNothingAndHarmsNobody(Forgery forgery) throws Exception {
    ScriptedPeer peer = meet();
    Honest honest = new Honest(peer);
    long channel = peer.newReference();
    int stream =
        peer.open(1, channel, headerValue(1, text("forged")), headerValue(2, text(codec())));
    Receiver<TwoSenders> receiver = session().accept("forged", TwoSenders.class, BOUND);
    Channel<Note> any = Channel.of(Note.class);
    byte[] body = encode(codec(), new TwoSenders(any.sender(), any.sender()));
    // Kind 2, opened by who receives: the other side gets a sender. This one is as it should be.
    long good = attachment(peer, 2, channel);
    long bad = peer.newReference();
    long type = 2;
    switch (forgery) {
      case NEVER_OPENED -> {}
      case OF_THE_WRONG_PARITY -> bad++;
      case ZERO -> bad = 0;
      case TWO_TO_63 -> bad = Long.MIN_VALUE;
      case OF_A_CLOSED_STREAM -> {
        bad = attachment(peer, 2, channel);
        peer.rst(peer.newStream() - 2, ReasonCode.CANCELLED);
        peer.newStream();
      }
      case CLAIMED_BEFORE -> {
        peer.data(stream, message(table(2, good, 2, attachment(peer, 2, channel)), body));
        assertThat(ChannelPair.next(receiver).first()).isNotNull();
        bad = good;
        good = attachment(peer, 2, channel);
      }
      case TWICE_IN_ONE_MESSAGE -> bad = good;
      case OF_THE_OTHER_DIRECTION -> bad = attachment(peer, 1, channel);
      case OF_ANOTHER_KIND -> bad = attachment(peer, 3, channel);
      case OF_ANOTHER_PARENT -> bad = attachment(peer, 2, channel + 1000);
      case OF_A_TOP_LEVEL_CHANNEL -> {
        bad = peer.newReference();
        peer.open(1, bad, headerValue(1, text("top")), headerValue(2, text(codec())));
        type = 1;
      }
      case OF_THE_CHANNEL_ITSELF -> {
        bad = channel;
        type = 1;
      }
      case OF_THE_CONTROL_STREAM -> {
        bad = 1;
        type = 0;
      }
      case OF_A_KIND_NOBODY_KNOWS -> {
        bad = attachment(peer, 2, channel);
        type = 200;
      }
    }
    peer.data(stream, message(table(2, good, type, bad), body));
    assertThatThrownBy(
            () -> {
              TwoSenders arrived = receiver.receive(BOUND);
              if (forgery == Forgery.OF_A_CLOSED_STREAM && arrived != null) {
                arrived.second().send(Note.of(1)); // an end that is over already
              }
            })
        .isInstanceOfSatisfying(
            ChannelException.class,
            e ->
                assertThat(e.reason().code())
                    .as("%s", e)
                    .isIn(
                        ReasonCode.REF_NOT_FOUND,
                        ReasonCode.PROTOCOL_ERROR,
                        ReasonCode.TYPE_MISMATCH,
                        forgery == Forgery.OF_A_CLOSED_STREAM
                            ? ReasonCode.CANCELLED
                            : ReasonCode.REF_NOT_FOUND));
    honest.expectAlive();
  }

  /** Opens a stream for an attachment and gives its reference. */
  private long attachment(ScriptedPeer peer, int kind, long parent) {
    long reference = peer.newReference();
    if (kind <= 2) {
      peer.open(kind, reference, headerValue(2, text(codec())), headerValue(4, longNumber(parent)));
    } else {
      peer.open(kind, reference, headerValue(4, longNumber(parent)));
    }
    return reference;
  }

  @Test
  @Rule({"ATT-1", "ATT-3"})
  void aReferenceOfAnotherSessionGivesNothing() throws Exception {
    ScriptedPeer first = meet();
    long secret = attachment(first, 2, first.newReference());
    ScriptedPeer kept = first;
    Session keptSession = session();
    ScriptedPeer second = meet();
    long channel = second.newReference();
    int stream = second.open(1, channel, headerValue(1, text("x")), headerValue(2, text(codec())));
    Receiver<SenderBox> receiver = session().accept("x", SenderBox.class, BOUND);
    byte[] body = encode(codec(), new SenderBox(1, Channel.of(Note.class).sender()));
    second.data(stream, message(table(2, secret + 1000), body));
    assertThatThrownBy(() -> receiver.receive(BOUND)).isInstanceOf(MessageRejected.class);
    kept.close();
    assertThat(Waits.value(keptSession.closed()).isEnd()).isFalse();
  }

  @Test
  @Rule("ATT-2")
  void aStreamThatComesAfterTheMessageThatNamesItIsWaitedFor() throws Exception {
    ScriptedPeer peer = meet(options -> options.referenceTimeout(Duration.ofSeconds(10)));
    long channel = peer.newReference();
    int stream = peer.open(1, channel, headerValue(1, text("late")), headerValue(2, text(codec())));
    Receiver<SenderBox> receiver = session().accept("late", SenderBox.class, BOUND);
    byte[] body = encode(codec(), new SenderBox(7, Channel.of(Note.class).sender()));
    long reference = peer.newReference();
    peer.data(stream, message(table(2, reference), body));
    Task<SenderBox> receiving = Task.call(() -> ChannelPair.next(receiver)).awaitBlocked();
    int late =
        peer.open(2, reference, headerValue(2, text(codec())), headerValue(4, longNumber(channel)));
    Sender<Note> sender = receiving.result().sender();
    sender.send(Note.of(3));
    Waits.until("the note on the late stream", () -> !peer.frames(late, 16).isEmpty());
  }

  @Test
  @Rule("PRE-8")
  void attachmentsThatNoMessageNamesExpire() throws Exception {
    ScriptedPeer peer = meet();
    Honest honest = new Honest(peer);
    long channel = peer.newReference();
    peer.open(1, channel, headerValue(1, text("parent")), headerValue(2, text(codec())));
    assertThat(session().accept("parent", SenderBox.class, BOUND).capacity())
        .isEqualTo(Channel.DEFAULT_CAPACITY);
    int stream =
        peer.open(
            2,
            peer.newReference(),
            headerValue(2, text(codec())),
            headerValue(4, longNumber(channel)));
    peer.expectReset(stream, ReasonCode.UNCLAIMED);
    honest.expectAlive();
  }

  @Test
  @Rule({"PRE-8", "LIM-1"})
  void aFloodOfPendingReferencesIsBounded() throws Exception {
    ScriptedPeer peer =
        meet(
            options ->
                options
                    .referenceTimeout(Duration.ofSeconds(30))
                    .limits(Limits.DEFAULTS.withMaxPendingReferences(8)));
    Honest honest = new Honest(peer);
    long channel = peer.newReference();
    peer.open(1, channel, headerValue(1, text("parent")), headerValue(2, text(codec())));
    assertThat(session().accept("parent", SenderBox.class, BOUND)).isNotNull();
    for (int i = 0; i < 20; i++) {
      attachment(peer, 2, channel);
    }
    for (int i = 0; i < 12; i++) {
      assertThat(
              peer.expect("a refusal", one -> one.has(RST) && one.type() == WINDOW_UPDATE).length())
          .isEqualTo(ReasonCode.LIMIT.number());
    }
    honest.expectAlive();
  }

  // What is tolerated.

  @Test
  @Rule("MUX-4")
  void libraryHabitsAreTolerated() throws Exception {
    ScriptedPeer peer = meet();
    Honest honest = new Honest(peer);
    int stream = peer.newStream();
    byte[] opening =
        preamble(
            1, peer.newReference(), headerValue(1, text("habit")), headerValue(2, text(codec())));
    peer.data(SYN | ACK, stream, join(opening, note(1)));
    Receiver<Note> receiver = session().accept("habit", Note.class, BOUND);
    assertThat(ChannelPair.next(receiver)).isEqualTo(Note.of(1));
    peer.data(FIN, stream, join(note(2), frame(17, reason(0, ""))));
    assertThat(ChannelPair.next(receiver)).isEqualTo(Note.of(2));
    ChannelPair.expectEnd(receiver);
    // Late frames, once the stream is over on both sides.
    peer.expect("the engine's end", one -> one.stream() == stream && one.has(FIN));
    peer.data(stream, (byte) 1, (byte) 2);
    peer.header(WINDOW_UPDATE, 0, stream, 100);
    peer.header(WINDOW_UPDATE, FIN, stream, 0);
    peer.header(WINDOW_UPDATE, RST, stream, 0);
    peer.header(DATA, RST, stream, 0);
    peer.header(PING, ACK, 0, 12345);
    honest.expectAlive();
  }

  @Test
  @Rule({"MUX-2", "MUX-11"})
  void streamsAndPingsAreAnswered() throws Exception {
    ScriptedPeer peer = meet();
    int stream = peer.openChannel("answered", codec(), 4);
    assertThat(peer.expect("the answer", one -> one.stream() == stream && one.has(ACK)).type())
        .isEqualTo(WINDOW_UPDATE);
    peer.header(PING, SYN, 0, 0xabcdef);
    ScriptedPeer.Frame pong = peer.expect("the answer", one -> one.type() == PING);
    assertThat(pong.length()).isEqualTo(0xabcdef);
    assertThat(pong.flags()).isEqualTo(ACK);
  }

  @Test
  @Rule({"MUX-1", "MUX-3", "MUX-5", "MUX-8"})
  void theEngineItselfWritesTheStrictForm() throws Exception {
    ScriptedPeer peer = meet();
    Sender<Boxes.Text> sender = session().open("strict", Boxes.Text.class, 4);
    int stream = peer.expect("the channel", one -> one.has(SYN) && one.stream() > 1).stream();
    peer.header(WINDOW_UPDATE, ACK, stream, 0);
    sender.send(new Boxes.Text("x".repeat(200_000)));
    sender.close();
    peer.expect("the end", one -> one.stream() == stream && one.has(FIN));
    peer.expectReset(peer.open(2, peer.newReference()), ReasonCode.UNSUPPORTED);
    List<ScriptedPeer.Frame> written = peer.written();
    for (int i = 0; i < written.size(); i++) {
      ScriptedPeer.Frame frame = written.get(i);
      assertThat(Integer.bitCount(frame.flags())).as("%s", frame).isLessThanOrEqualTo(1);
      if (frame.has(SYN) && frame.type() != PING) {
        assertThat(frame.type()).as("%s", frame).isEqualTo(WINDOW_UPDATE);
        assertThat(frame.length()).as("%s", frame).isZero();
        ScriptedPeer.Frame next = written.get(i + 1);
        assertThat(next.type()).as("%s after %s", next, frame).isEqualTo(DATA);
        assertThat(next.stream()).as("%s after %s", next, frame).isEqualTo(frame.stream());
      }
      if (frame.has(FIN)) {
        assertThat(frame.type()).as("%s", frame).isEqualTo(DATA);
        assertThat(frame.length()).as("%s", frame).isZero();
      }
      if (frame.has(RST)) {
        assertThat(frame.type()).as("%s", frame).isEqualTo(WINDOW_UPDATE);
      }
      if (frame.type() == DATA) {
        assertThat(frame.length()).as("%s", frame).isLessThanOrEqualTo(65_536);
      }
    }
  }

  @Test
  @Rule("MUX-10")
  void aMessageLongerThanTheWindowGetsCreditWhileItComes() throws Exception {
    ScriptedPeer peer = meet();
    int stream = peer.openChannel("long", codec(), 4);
    Receiver<Boxes.Text> receiver = session().accept("long", Boxes.Text.class, BOUND);
    Boxes.Text text = new Boxes.Text("x".repeat(2_000_000));
    byte[] all = message(NO_TABLE, encode(codec(), text));
    int credit = WINDOW - 200;
    for (int at = 0; at < all.length; ) {
      int count = Math.min(Math.min(credit, all.length - at), 60_000);
      if (count == 0) {
        credit +=
            peer.expect(
                    "credit",
                    one ->
                        one.stream() == stream && one.type() == WINDOW_UPDATE && one.length() > 0)
                .length();
        continue;
      }
      peer.data(stream, Arrays.copyOfRange(all, at, at + count));
      at += count;
      credit -= count;
    }
    assertThat(ChannelPair.next(receiver)).isEqualTo(text);
  }

  @Test
  @Rule({"CH-11", "CH-12", "CH-15"})
  void aReceiverAcknowledgesAsTheRulesSay() throws Exception {
    ScriptedPeer peer = meet();
    int stream = peer.openChannel("acks", codec(), 4);
    Receiver<Note> receiver = session().accept("acks", Note.class, BOUND);
    peer.data(stream, join(note(1), note(2), note(3)));
    ChannelPair.next(receiver);
    ChannelPair.next(receiver);
    Waits.until("an ACK of half the capacity", () -> acked(peer, stream) >= 2);
    ChannelPair.next(receiver);
    peer.data(stream, frame(18));
    Waits.until("the ACK that the FLUSH asks for", () -> acked(peer, stream) == 3);
    int rendezvous = peer.openChannel("rendezvous", codec(), 0);
    Receiver<Note> other = session().accept("rendezvous", Note.class, BOUND);
    peer.data(rendezvous, join(note(1), frame(19, longNumber(1))));
    Waits.until("WITHDRAWN", () -> !peer.frames(rendezvous, 34).isEmpty());
    peer.data(rendezvous, note(2));
    assertThat(ChannelPair.next(other)).isEqualTo(Note.of(2));
    Waits.until("the ACK of the rendezvous", () -> acked(peer, rendezvous) == 2);
  }

  private static long acked(ScriptedPeer peer, int stream) {
    List<byte[]> acks = peer.frames(stream, 32);
    return acks.isEmpty() ? 0 : java.nio.ByteBuffer.wrap(acks.get(acks.size() - 1)).getLong();
  }

  // The handshake.

  @Test
  @Rule("CTL-6")
  void aPeerThatSaysNothingIsGivenUp() throws Exception {
    ScriptedPeer peer = connect(options -> options.handshakeTimeout(Duration.ofMillis(200)));
    expectNoSession();
    peer.expectOver();
  }

  @Test
  @Rule("CTL-6")
  void aPeerThatSpeaksVerySlowlyIsGivenUp() throws Exception {
    ScriptedPeer peer = connect(options -> options.handshakeTimeout(Duration.ofMillis(200)));
    byte[] hello = join(new byte[12], preamble(0, 1), helloFrame("1"));
    hello[1] = WINDOW_UPDATE;
    hello[3] = SYN;
    hello[7] = 1;
    int[] at = {0};
    Waits.until(
        "the end of the connection",
        () -> {
          if (at[0] < 12) {
            peer.raw(hello[at[0]++]);
          }
          return peer.isOver();
        });
    expectNoSession();
  }

  @Test
  @Rule({"CTL-3", "CTL-2"})
  void aVersionThatNobodySpeaksIsRefused() throws Exception {
    ScriptedPeer peer = connect(UnaryOperator.identity());
    sayHello(peer, helloFrame("99"));
    expectNoSession();
    peer.expectOver();
    assertThat(given(peer.sessionEnd()).code()).isEqualTo(ReasonCode.UNSUPPORTED);
  }

  @Test
  @Rule("CTL-1")
  void aSessionThatBeginsWithAnythingButHelloIsRefused() throws Exception {
    ScriptedPeer peer = connect(UnaryOperator.identity());
    sayHello(peer, frame(2));
    expectNoSession();
    peer.expectOver();
  }

  private void sayHello(ScriptedPeer peer, byte[] first) throws Exception {
    if (engineConnects()) {
      peer.expect("the control stream", one -> one.stream() == 1 && one.has(SYN));
      peer.header(WINDOW_UPDATE, ACK, 1, 0);
      peer.data(1, first);
    } else {
      peer.header(WINDOW_UPDATE, SYN, 1, 0);
      peer.data(1, join(preamble(0, 1), first));
    }
  }

  private void expectNoSession() throws Exception {
    assertThatThrownBy(this::session)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(ChannelException.class);
  }

  @Test
  @Rule({"MUX-15", "BYT-2"})
  void garbageNeverMakesASession() throws Exception {
    Random random = Seeds.random("garbageNeverMakesASession");
    for (int i = 0; i < 200; i++) {
      ScriptedPeer peer = connect(UnaryOperator.identity());
      byte[] garbage = new byte[1 + random.nextInt(300)];
      random.nextBytes(garbage);
      if (random.nextBoolean()) {
        garbage[0] = 0; // so that it gets past the version
      }
      peer.raw(garbage);
      peer.hangUp();
      expectNoSession();
    }
  }

  @Test
  @Rule({"BYT-2", "CH-22", "SEC-6"})
  void noPrefixOfAConversationLooksComplete() throws Exception {
    byte[] conversation = join(note(1), note(2), frame(17, reason(0, "")));
    int complete = 0;
    for (int length = 0; length <= conversation.length; length++) {
      ScriptedPeer peer = meet();
      int stream = peer.openChannel("prefix", codec(), 4);
      Receiver<Note> receiver = session().accept("prefix", Note.class, BOUND);
      if (length > 0) {
        peer.data(stream, Arrays.copyOf(conversation, length));
      }
      peer.hangUp();
      try {
        Note note = receiver.receive(BOUND);
        while (note != null) {
          note = receiver.receive(BOUND);
        }
        complete++;
        assertThat(length).as("the prefix that looked complete").isEqualTo(conversation.length);
      } catch (ChannelException e) {
        assertThat(e.reason().code()).isEqualTo(ReasonCode.CONNECTION_LOST);
        assertThat(length).isLessThan(conversation.length);
      }
      assertThat(Waits.value(session().closed()).code()).isEqualTo(ReasonCode.CONNECTION_LOST);
    }
    assertThat(complete).isEqualTo(1);
  }

  @Test
  @Rule({"MUX-15", "LIM-1"})
  void changedBytesOfAConversationNeverHangNorFailInAnotherWay() throws Exception {
    Random random = Seeds.random("changedBytesOfAConversationNeverHangNorFailInAnotherWay");
    int changed = 0;
    for (int i = 0; i < 150; i++) {
      ScriptedPeer peer = meet();
      int stream = peer.newStream();
      byte[] opening =
          preamble(
              1, peer.newReference(), headerValue(1, text("a")), headerValue(2, text(codec())));
      byte[] all =
          join(
              new byte[] {0, WINDOW_UPDATE, 0, SYN},
              number(stream),
              number(0),
              new byte[] {0, DATA, 0, 0},
              number(stream),
              number(opening.length + note(1).length),
              opening,
              note(1));
      int at = random.nextInt(all.length);
      all[at] ^= (byte) (1 << random.nextInt(8));
      changed++;
      peer.raw(all);
      peer.hangUp();
      Reason reason = Waits.value(session().closed());
      assertThat(reason.code())
          .as("byte %d changed: %s", at, reason)
          .isIn(
              ReasonCode.SESSION_CLOSED, // one bit makes a GO_AWAY of a WINDOW_UPDATE
              ReasonCode.CONNECTION_LOST,
              ReasonCode.PROTOCOL_ERROR,
              ReasonCode.LIMIT);
    }
    assertThat(changed).isEqualTo(150);
  }

  @Test
  @Rule("LIM-2")
  void aPeerThatFillsEveryWindowLosesTheFullestStreams() throws Exception {
    ScriptedPeer peer =
        meet(limits(limits -> limits.withMaxSessionBytes(1_000_000).withMaxBacklog(100)));
    Honest honest = new Honest(peer);
    byte[] filler = message(NO_TABLE, encode(codec(), new Boxes.Text("x".repeat(50_000))));
    for (int i = 0; i < 20; i++) {
      int stream = peer.openChannel("filler", codec(), 100);
      for (int k = 0; k < 4; k++) {
        peer.data(stream, filler);
      }
    }
    int ended = 0;
    for (int i = 0; i < 20; i++) {
      Receiver<Boxes.Text> receiver = session().accept("filler", Boxes.Text.class, BOUND);
      try {
        for (int k = 0; k < 4; k++) {
          ChannelPair.next(receiver);
        }
      } catch (LimitExceeded e) {
        assertThat(e.limit()).isEqualTo("session-memory");
        ended++;
      }
      honest.expectAlive();
    }
    assertThat(ended).as("streams that were ended").isBetween(1, 19);
  }
}
