package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.MessageRejected;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import io.libchan.testkit.Boxes.Loose;
import io.libchan.testkit.Boxes.StreamBox;
import io.libchan.testkit.Boxes.Strict;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Failure is told truthfully: whatever ends a session, every waiting call ends with the reason and
 * none of them with the clean end; what concerns one message fails one call.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public abstract class FailureContract extends SessionContract {
  /** For subclasses. */
  protected FailureContract() {}

  /** How a session ends. */
  enum Ending {
    NEAR_CLOSES,
    FAR_CLOSES,
    NEAR_ABORTS,
    FAR_ABORTS;

    void end(SessionBed bed) throws Exception {
      Session session = name().startsWith("NEAR") ? bed.near() : bed.far();
      if (name().endsWith("CLOSES")) {
        session.close();
      } else {
        session.abort(Reason.of(ReasonCode.CONNECTION_LOST, "aborted by the test"));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  @Rule({"BYT-2", "CH-22"})
  void everyWaitingCallEndsWithTheSession(Ending ending) throws Exception {
    ChannelPair<Note> full = bed.open(Note.class, 1);
    full.sender().send(Note.of(0));
    ChannelPair<Note> rendezvous = bed.open(Note.class, 0);
    ChannelPair<Note> empty = bed.open(Note.class, 4);
    ChannelPair<Note> iterated = bed.open(Note.class, 4);
    ByteStream[] stream = byteStream();
    List<Task<?>> waiting = new ArrayList<>();
    waiting.add(Task.run(() -> full.sender().send(Note.of(1))));
    waiting.add(Task.run(() -> full.sender().flush()));
    waiting.add(Task.run(() -> rendezvous.sender().send(Note.of(1))));
    waiting.add(Task.call(() -> empty.receiver().receive()));
    waiting.add(Task.call(() -> empty.receiver().receive(BOUND.multipliedBy(4))));
    waiting.add(Task.run(() -> iterate(iterated.receiver())));
    waiting.add(Task.call(() -> stream[0].input().read()));
    waiting.add(Task.call(() -> stream[1].input().read()));
    waiting.add(Task.call(() -> bed.near().accept("nobody opens this", Note.class)));
    waiting.add(Task.call(() -> bed.far().accept("nor this", Note.class)));
    for (Task<?> one : waiting) {
      one.awaitBlocked();
    }
    ending.end(bed);
    for (Task<?> one : waiting) {
      assertThat(one.failure(SessionLost.class).reason().isEnd()).isFalse();
    }
  }

  private static void iterate(Receiver<Note> receiver) throws Exception {
    try {
      receiver.forEach(note -> {});
    } catch (java.io.UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private ByteStream[] byteStream() throws Exception {
    ChannelPair<StreamBox> road = bed.open(StreamBox.class, 4);
    ByteStream.Pair pair = ByteStream.pair();
    road.sender().send(new StreamBox(pair.right()));
    return new ByteStream[] {pair.left(), road.next().stream()};
  }

  @Test
  @Rule("BYT-2")
  void aWriteThatWaitsEndsWithTheSession() throws Exception {
    ByteStream[] stream = byteStream();
    byte[] chunk = new byte[256 * 1024];
    Task<Boolean> writing =
        Task.run(
            () -> {
              for (int i = 0; i < 64; i++) {
                stream[0].output().write(chunk);
              }
            });
    writing.awaitBlocked();
    bed.far().abort(Reason.of(ReasonCode.CONNECTION_LOST, "aborted by the test"));
    writing.failure(SessionLost.class);
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void everyFutureCompletesWithAReasonWhenTheSessionEnds(Ending ending) throws Exception {
    ChannelPair<Note> channel = bed.open(Note.class, 4);
    ChannelPair<Note> nested = bed.channel(4, SessionBed.Route.SENT_SENDER);
    var futures =
        List.of(
            channel.sender().closed(),
            channel.receiver().closed(),
            nested.sender().closed(),
            nested.receiver().closed(),
            bed.near().closed(),
            bed.far().closed());
    for (var future : futures) {
      assertThat(future.toCompletableFuture()).isNotDone();
    }
    ending.end(bed);
    for (var future : futures) {
      assertThat(Waits.value(future).isEnd()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void aSessionThatEndedOpensAndAcceptsNothing(Ending ending) throws Exception {
    ChannelPair<Note> channel = bed.open(Note.class, 4);
    ChannelPair<Note> unflushed = bed.open(Note.class, 4);
    unflushed.sender().send(Note.of(1));
    ending.end(bed);
    Waits.value(bed.near().closed());
    Waits.value(bed.far().closed());
    for (Session session : List.of(bed.near(), bed.far())) {
      assertThatThrownBy(() -> session.open("late", Note.class)).isInstanceOf(SessionLost.class);
      assertThatThrownBy(() -> session.accept("late", Note.class)).isInstanceOf(SessionLost.class);
    }
    assertThatThrownBy(() -> channel.sender().send(Note.of(1))).isInstanceOf(SessionLost.class);
    assertThatThrownBy(() -> channel.receiver().receive(BOUND)).isInstanceOf(SessionLost.class);
    assertThatThrownBy(() -> channel.receiver().poll()).isInstanceOf(SessionLost.class);
    assertThatThrownBy(() -> unflushed.sender().flush(BOUND)).isInstanceOf(SessionLost.class);
    assertThat(channel.receiver().ended()).isFalse();
  }

  @Test
  @Rule({"MUX-13", "CH-22"})
  void closeWritesOutWhatWasSentAndNeverLooksLikeTheEnd() throws Exception {
    ChannelPair<Note> channel = bed.open(Note.class, 100);
    for (int i = 0; i < 100; i++) {
      channel.sender().send(Note.of(i));
    }
    bed.near().close();
    for (int i = 0; i < 100; i++) {
      assertThat(channel.next()).isEqualTo(Note.of(i));
    }
    assertThat(ChannelPair.failure(channel.receiver(), SessionLost.class).reason().code())
        .isEqualTo(ReasonCode.SESSION_CLOSED);
  }

  @Test
  @Rule({"CH-20", "CH-21", "MUX-13"})
  void aChannelThatEndedBeforeTheSessionHasItsEnd() throws Exception {
    ChannelPair<Note> channel = bed.open(Note.class, 4);
    channel.sender().send(Note.of(1));
    channel.sender().close();
    bed.near().close();
    assertThat(channel.next()).isEqualTo(Note.of(1));
    channel.expectEnd();
  }

  @Test
  void bothSidesLearnThatTheSessionWasClosedInGoodOrder() throws Exception {
    bed.near().close();
    assertThat(Waits.value(bed.near().closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
    assertThat(Waits.value(bed.far().closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
  }

  @Test
  void theAbortingSideHasItsOwnReason() throws Exception {
    ChannelPair<Note> channel = bed.open(Note.class, 4);
    Reason why = new Reason(ReasonCode.FIRST_APPLICATION_NUMBER + 1, "enough", "", List.of());
    bed.near().abort(why);
    assertThat(Waits.value(bed.near().closed()).message()).isEqualTo("enough");
    assertThatThrownBy(() -> channel.sender().send(Note.of(1)))
        .isInstanceOfSatisfying(
            ChannelException.class, e -> assertThat(e.reason().message()).isEqualTo("enough"));
    assertThat(Waits.value(bed.far().closed()).isEnd()).isFalse();
  }

  @Test
  void closingTwiceAndFromBothSidesAtOnceIsFine() throws Exception {
    Session near = bed.near();
    Session far = bed.far();
    Task<Boolean> one = Task.run(near::close);
    Task<Boolean> two = Task.run(far::close);
    Task<Boolean> three = Task.run(near::close);
    one.result();
    two.result();
    three.result();
    assertThat(Waits.value(near.closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
    assertThat(Waits.value(far.closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
  }

  @Test
  @Rule("CH-30")
  void aReasonTellsWhereItComesFromAndKeepsNumbersNobodyKnows() throws Exception {
    ChannelPair<Note> channel = bed.open(Note.class, 4);
    channel.sender().fail(new Reason(777, "odd", "", List.of()));
    ChannelException failure = ChannelPair.failure(channel.receiver(), ChannelException.class);
    assertThat(failure.reason().number()).isEqualTo(777);
    assertThat(failure.reason().code()).isEqualTo(ReasonCode.UNKNOWN);
    assertThat(failure.reason().message()).isEqualTo("odd");
    assertThat(failure.reason().origin()).isEqualTo(nearListens() ? "listener" : "connector");
  }

  @Test
  @Rule("CH-30")
  void aVeryLongReasonIsCutAndNotRefused() throws Exception {
    ChannelPair<Note> channel = bed.open(Note.class, 4);
    channel.sender().fail("é".repeat(Reason.MAX_TEXT_CHARS * 3));
    assertThat(ChannelPair.failure(channel.receiver(), ChannelException.class).reason().message())
        .isEqualTo("é".repeat(Reason.MAX_TEXT_CHARS));
  }

  // One message.

  @Test
  @Rule("CH-25")
  void aMessageOfTheWrongTypeFailsThatReceiveOnly() throws Exception {
    needsOpenTypes();
    ChannelPair<Loose> channel = bed.open(Loose.class, Strict.class, 8);
    channel.sender().send(new Loose(List.of(1, 2)));
    channel.sender().send(new Loose("not a list"));
    channel.sender().send(new Loose(List.of(3)));
    channel.sender().close();
    Receiver<?> receiver = channel.receiver();
    assertThat((Object) ChannelPair.next(receiver)).isEqualTo(new Strict(List.of(1, 2)));
    assertThatThrownBy(() -> receiver.receive(BOUND))
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.TYPE_MISMATCH));
    assertThat((Object) ChannelPair.next(receiver)).isEqualTo(new Strict(List.of(3)));
    ChannelPair.expectEnd(receiver);
  }

  @Test
  @Rule({"CH-25", "CH-11"})
  void rejectedMessagesMakeRoomLikeReceivedOnes() throws Exception {
    needsOpenTypes();
    ChannelPair<Loose> channel = bed.open(Loose.class, Strict.class, 2);
    Receiver<?> receiver = channel.receiver();
    Task<Boolean> sending =
        Task.run(
            () -> {
              for (int i = 0; i < 50; i++) {
                channel.sender().send(new Loose("not a list"));
              }
              channel.sender().flush();
              channel.sender().send(new Loose(List.of(1)));
              channel.sender().close();
            });
    for (int i = 0; i < 50; i++) {
      assertThatThrownBy(() -> receiver.receive(BOUND)).isInstanceOf(MessageRejected.class);
    }
    assertThat((Object) ChannelPair.next(receiver)).isEqualTo(new Strict(List.of(1)));
    ChannelPair.expectEnd(receiver);
    sending.result();
  }

  @Test
  void aMessageWhoseOwnCodeThrowsIsNotSentAndHarmsNothing() throws Exception {
    needsOpenTypes();
    ChannelPair<Loose> channel = bed.open(Loose.class, 4);
    List<Object> explosive =
        new AbstractList<>() {
          @Override
          public Object get(int index) {
            throw new IllegalArgumentException("boom " + index);
          }

          @Override
          public int size() {
            return 3;
          }
        };
    assertThatThrownBy(() -> channel.sender().send(new Loose(explosive)))
        .isInstanceOf(MessageRejected.class);
    assertThatThrownBy(() -> channel.sender().trySend(new Loose(explosive)))
        .isInstanceOf(MessageRejected.class);
    channel.sender().send(new Loose("fine"));
    channel.sender().close();
    assertThat(channel.next()).isEqualTo(new Loose("fine"));
    channel.expectEnd();
    bed.expectAlive();
  }

  @Test
  @QuietLog.Expected("a handler that throws is logged")
  void aHandlerThatEndsWithTheLossOfAnotherSessionEndsItsOwn() throws Exception {
    Options listening = bed.listening().toBuilder().closeTimeout(Duration.ofMillis(100)).build();
    Reason lost = Reason.of(ReasonCode.CONNECTION_LOST, "planted: that of another session");
    try (var listener =
            subject()
                .listen(
                    subject().freshUri(),
                    listening,
                    session -> {
                      throw ChannelException.of(lost);
                    });
        Session session = subject().connect(listener.uri().toString(), bed.connecting())) {
      assertThat(Waits.value(session.closed()).code()).isEqualTo(ReasonCode.INTERNAL);
    }
  }

  @Test
  @QuietLog.Expected("a handler that throws is logged")
  void aHandlerThatThrowsEndsItsSessionWithInternalAndNoOther() throws Exception {
    CompletableFuture<Session> served = new CompletableFuture<>();
    try (var listener =
        subject()
            .listen(
                subject().freshUri(),
                bed.listening(),
                session -> {
                  if (served.complete(session)) {
                    return;
                  }
                  throw new IllegalStateException("the handler is broken");
                })) {
      String uri = listener.uri().toString();
      try (Session good = subject().connect(uri, bed.connecting())) {
        Session serving = Waits.value(served); // else the handlers may begin in the other order
        try (Session bad = subject().connect(uri, bed.connecting())) {
          assertThat(Waits.value(bad.closed()).code()).isEqualTo(ReasonCode.INTERNAL);
        }
        try (Sender<Note> sender = good.open("still", Note.class);
            Receiver<Note> receiver = serving.accept("still", Note.class, BOUND)) {
          sender.send(Note.of(1));
          assertThat(ChannelPair.next(receiver)).isEqualTo(Note.of(1));
        }
      }
      Waits.until("no session", () -> listener.sessions() == 0);
    }
  }
}
