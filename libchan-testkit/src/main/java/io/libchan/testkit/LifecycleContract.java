package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static io.libchan.testkit.Waits.SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Authenticator;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ConnectFailed;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import io.libchan.TypeRef;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * How sessions and listeners begin and end: open and accept, admission, drain, close.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public abstract class LifecycleContract extends SessionContract {
  /** For subclasses. */
  protected LifecycleContract() {}

  // Open and accept.

  @Test
  @Rule({"PRE-6", "CTL-1"})
  void aChannelIsAcceptedByItsName() throws Exception {
    try (Sender<Note> red = bed.near().open("red", Note.class);
        Sender<Note> blue = bed.near().open("blue", Note.class)) {
      red.send(new Note(1, "red"));
      blue.send(new Note(1, "blue"));
      assertThat(ChannelPair.next(bed.far().accept("blue", Note.class, BOUND)).text())
          .isEqualTo("blue");
      assertThat(ChannelPair.next(bed.far().accept("red", Note.class, BOUND)).text())
          .isEqualTo("red");
    }
  }

  @Test
  void aHandlerThatServesUntilTheSessionEndsIsNoFailure() throws Exception {
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    try (Listener listener =
        subject()
            .listen(
                subject().freshUri(),
                subject().listening(SessionBed.options(subject())).build(),
                session -> {
                  try {
                    for (Note note : session.accept(Note.class)) {
                      assertThat(note).isNotNull();
                    }
                  } catch (Exception e) {
                    ended.complete(e);
                    throw e; // QuietLog fails the test if this is warned of
                  }
                })) {
      try (Session session =
          subject()
              .connect(
                  listener.uri().toString(),
                  subject().connecting(SessionBed.options(subject())).build())) {
        session.open(Note.class).send(Note.of(1));
      }
      assertThat(Waits.value(ended)).hasCauseInstanceOf(SessionLost.class);
    }
  }

  @Test
  void theUnnamedChannelHasTheDefaultCapacity() throws Exception {
    Sender<Note> sender = bed.near().open(Note.class);
    Receiver<Note> receiver = bed.far().accept(Note.class);
    assertThat(sender.capacity()).isEqualTo(Channel.DEFAULT_CAPACITY);
    assertThat(receiver.capacity()).isEqualTo(Channel.DEFAULT_CAPACITY);
    sender.send(Note.of(1));
    sender.close();
    assertThat(ChannelPair.next(receiver)).isEqualTo(Note.of(1));
    ChannelPair.expectEnd(receiver);
  }

  @Test
  void channelsOfOneNameAreAcceptedInTheOrderOpened() throws Exception {
    needs(Capability.OPENING_ORDER);
    for (int i = 0; i < 10; i++) {
      try (Sender<Note> sender = bed.near().open("same", Note.class)) {
        sender.send(Note.of(i));
      }
    }
    for (int i = 0; i < 10; i++) {
      Receiver<Note> receiver = bed.far().accept("same", Note.class, BOUND);
      assertThat(ChannelPair.next(receiver)).isEqualTo(Note.of(i));
      ChannelPair.expectEnd(receiver);
    }
  }

  @Test
  void acceptWaitsForAChannelThatIsOpenedLater() throws Exception {
    Session far = bed.far();
    Task<Receiver<Note>> accepting =
        Task.call(() -> far.accept("later", Note.class)).awaitBlocked();
    Task<Receiver<Note>> other = Task.call(() -> far.accept("other", Note.class)).awaitBlocked();
    try (Sender<Note> sender = bed.near().open("later", Note.class)) {
      sender.send(Note.of(1));
      assertThat(ChannelPair.next(accepting.result())).isEqualTo(Note.of(1));
    }
    assertThat(other.isDone()).isFalse();
    other.interrupt();
    other.failure(InterruptedException.class);
  }

  @Test
  void acceptThatTimesOutOrIsInterruptedLosesNoChannel() throws Exception {
    Session far = bed.far();
    assertThatThrownBy(() -> far.accept("late", Note.class, SHORT))
        .isInstanceOf(TimeoutException.class);
    Task<Receiver<Note>> accepting = Task.call(() -> far.accept("late", Note.class)).awaitBlocked();
    accepting.interrupt();
    accepting.failure(InterruptedException.class);
    try (Sender<Note> sender = bed.near().open("late", Note.class)) {
      sender.send(Note.of(1));
      assertThat(ChannelPair.next(far.accept("late", Note.class, BOUND))).isEqualTo(Note.of(1));
    }
  }

  @Test
  void severalThreadsAcceptEachChannelOnce() throws Exception {
    Session far = bed.far();
    List<Task<Receiver<Note>>> accepting =
        List.of(
            Task.call(() -> far.accept("same", Note.class)),
            Task.call(() -> far.accept("same", Note.class)),
            Task.call(() -> far.accept("same", Note.class)));
    for (int i = 0; i < 3; i++) {
      try (Sender<Note> sender = bed.near().open("same", Note.class)) {
        sender.send(Note.of(1L << i));
      }
    }
    long seen = 0;
    for (Task<Receiver<Note>> one : accepting) {
      seen += ChannelPair.next(one.result()).number();
    }
    assertThat(seen).isEqualTo(7);
  }

  @Test
  void bothSidesOpenAtOnceUnderTheSameName() throws Exception {
    Session near = bed.near();
    Session far = bed.far();
    try (Sender<Note> there = near.open("both", Note.class);
        Sender<Note> back = far.open("both", Note.class)) {
      there.send(new Note(1, "there"));
      back.send(new Note(2, "back"));
      assertThat(ChannelPair.next(far.accept("both", Note.class, BOUND)).text()).isEqualTo("there");
      assertThat(ChannelPair.next(near.accept("both", Note.class, BOUND)).text()).isEqualTo("back");
    }
  }

  @Test
  void genericTypesAreOpenedAndAcceptedByTypeRef() throws Exception {
    needsOpenTypes();
    TypeRef<Map<String, List<Integer>>> type = new TypeRef<>() {};
    Sender<Map<String, List<Integer>>> sender = bed.near().open("generic", type, 4);
    Receiver<Map<String, List<Integer>>> receiver = bed.far().accept("generic", type);
    Map<String, List<Integer>> message = Map.of("odd", List.of(1, 3), "even", List.of(2));
    sender.send(message);
    sender.close();
    assertThat(ChannelPair.next(receiver)).isEqualTo(message);
    ChannelPair.expectEnd(receiver);
  }

  @Test
  void messagesSentBeforeTheChannelWasAcceptedAreThere() throws Exception {
    Sender<Note> sender = bed.near().open("early", Note.class, 20);
    for (int i = 0; i < 20; i++) {
      sender.send(Note.of(i));
    }
    sender.close();
    Receiver<Note> receiver = bed.far().accept("early", Note.class, BOUND);
    for (int i = 0; i < 20; i++) {
      assertThat(ChannelPair.next(receiver)).isEqualTo(Note.of(i));
    }
    ChannelPair.expectEnd(receiver);
  }

  @Test
  void peersKnowEachOther() throws Exception {
    String near = nearListens() ? "listener" : "connector";
    String far = nearListens() ? "connector" : "listener";
    assertThat(bed.near().peer().node()).isEqualTo(far);
    assertThat(bed.far().peer().node()).isEqualTo(near);
    assertThat(bed.near().peer().transport()).isNotEmpty();
    assertThat(bed.listener().sessions()).isEqualTo(1);
  }

  @Test
  void manySessionsOfOneListenerDoNotMeet() throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    try (Listener listener =
        subject().listen(subject().freshUri(), bed.listening(), accepted::put)) {
      String uri = listener.uri().toString();
      try (Session one = subject().connect(uri, bed.connecting());
          Session two = subject().connect(uri, bed.connecting())) {
        one.open("mine", Note.class).send(Note.of(1));
        two.open("mine", Note.class).send(Note.of(2));
        long sum = 0;
        for (int i = 0; i < 2; i++) {
          Session session = accepted.poll(BOUND.toNanos(), TimeUnit.NANOSECONDS);
          assertThat(session).isNotNull();
          sum += ChannelPair.next(session.accept("mine", Note.class, BOUND)).number();
          assertThatThrownBy(() -> session.accept("mine", Note.class, SHORT))
              .isInstanceOf(TimeoutException.class);
        }
        assertThat(sum).isEqualTo(3);
      }
      Waits.until("no session", () -> listener.sessions() == 0);
    }
  }

  // Admission.

  @Test
  @Rule("CTL-2")
  void aPeerThatIsAdmittedWasAskedForItsCredentials() throws Exception {
    CompletableFuture<Authenticator.Attempt> attempt = new CompletableFuture<>();
    byte[] secret = "open sesame".getBytes(StandardCharsets.UTF_8);
    Options listening =
        bed.listening().toBuilder()
            .authenticator(
                seen -> {
                  attempt.complete(seen);
                  return true;
                })
            .build();
    try (Listener listener = subject().listen(subject().freshUri(), listening, session -> {});
        Session session =
            subject()
                .connect(
                    listener.uri().toString(),
                    bed.connecting().toBuilder().credentials(secret).build())) {
      Authenticator.Attempt seen = Waits.value(attempt);
      assertThat(seen.credentials()).isEqualTo(secret);
      assertThat(seen.peer().node()).isEqualTo("connector");
      assertThat(seen.toString()).doesNotContain("sesame");
      assertThat(session.closed().toCompletableFuture()).isNotDone();
    }
  }

  @Test
  @Rule({"CTL-2", "CTL-6"})
  void aPeerThatIsNotAdmittedGetsNoSession() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    refused(attempt -> false, ReasonCode.REFUSED);
    refused(
        attempt -> {
          throw new IllegalStateException("the authenticator is broken");
        },
        ReasonCode.REFUSED);
    refused(attempt -> over.await(1, TimeUnit.MINUTES), null);
    over.countDown();
  }

  private void refused(
      Authenticator authenticator, @org.jspecify.annotations.Nullable ReasonCode code)
      throws Exception {
    AtomicInteger served = new AtomicInteger();
    Options listening =
        bed.listening().toBuilder()
            .authenticator(authenticator)
            .handshakeTimeout(Duration.ofSeconds(1))
            .build();
    try (Listener listener =
        subject().listen(subject().freshUri(), listening, session -> served.incrementAndGet())) {
      assertThatThrownBy(
              () -> subject().connect(listener.uri().toString(), bed.connecting()).close())
          .isInstanceOfSatisfying(
              ChannelException.class,
              e -> {
                if (code != null) {
                  assertThat(e.reason().toString()).containsIgnoringCase(code.name());
                }
              });
      Waits.until("no session", () -> listener.sessions() == 0);
      assertThat(served).hasValue(0);
    }
  }

  // The listener.

  @Test
  void connectingToNobodyFailsWithOneClearLine() throws Exception {
    String uri;
    try (Listener listener =
        subject().listen(subject().freshUri(), bed.listening(), session -> {})) {
      uri = listener.uri().toString();
    }
    assertThatThrownBy(() -> subject().connect(uri, bed.connecting()).close())
        .isInstanceOf(ConnectFailed.class)
        .message()
        .isNotEmpty()
        .doesNotContain("\n");
  }

  @Test
  void closingTheListenerClosesItsSessionsAndFreesTheAddress() throws Exception {
    Listener listener = subject().listen(subject().freshUri(), bed.listening(), session -> {});
    String uri = listener.uri().toString();
    try (Session session = subject().connect(uri, bed.connecting())) {
      listener.close();
      listener.close();
      assertThat(Waits.value(session.closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
      assertThat(listener.sessions()).isZero();
    }
    try (Listener again = subject().listen(uri, bed.listening(), session -> {});
        Session session = subject().connect(again.uri().toString(), bed.connecting())) {
      assertThat(session.closed().toCompletableFuture()).isNotDone();
    }
  }

  @Test
  void anAddressThatIsTakenIsRefused() throws Exception {
    try (Listener listener =
        subject().listen(subject().freshUri(), bed.listening(), session -> {})) {
      String uri = listener.uri().toString();
      assertThatThrownBy(() -> subject().listen(uri, bed.listening(), session -> {}).close())
          .isInstanceOf(ConnectFailed.class);
    }
  }

  // Drain.

  @Test
  @Rule("CTL-4")
  void aDrainingSessionOpensNothingNewAndFinishesWhatIsOpen() throws Exception {
    ChannelPair<Note> channel = bed.open(Note.class, 4);
    Session far = bed.far();
    Task<Boolean> draining = Task.call(() -> far.drain(BOUND)).awaitBlocked();
    Waits.until(
        "the near side to know of the drain",
        () -> {
          try {
            bed.near().open("late", Note.class).close();
            return false;
          } catch (ChannelException e) {
            assertThat(e.reason().code()).isEqualTo(ReasonCode.DRAINING);
            return true;
          }
        });
    assertThatThrownBy(() -> far.open("late", Note.class))
        .isInstanceOfSatisfying(
            ChannelException.class,
            e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.DRAINING));
    channel.sender().send(Note.of(1));
    channel.sender().close();
    assertThat(channel.next()).isEqualTo(Note.of(1));
    channel.expectEnd();
    assertThat(draining.result()).isTrue();
    assertThat(Waits.value(bed.near().closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
  }

  @Test
  void aDrainThatTimesOutClosesTheSessionAllTheSame() throws Exception {
    ChannelPair<Note> channel = bed.open(Note.class, 4);
    assertThat(bed.near().drain(SHORT)).isFalse();
    ChannelPair.failure(channel.receiver(), SessionLost.class);
    assertThat(Waits.value(bed.far().closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
  }

  @Test
  void aDrainWithNothingOpenEndsAtOnce() throws Exception {
    bed.expectAlive();
    assertThat(bed.near().drain(BOUND)).isTrue();
    assertThat(Waits.value(bed.far().closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
  }

  @Test
  void drainingTheListenerDrainsItsSessions() throws Exception {
    ChannelPair<Note> channel = bed.open(Note.class, 4);
    Listener listener = bed.listener();
    Task<Boolean> draining = Task.call(() -> listener.drain(BOUND)).awaitBlocked();
    channel.sender().close();
    channel.expectEnd();
    assertThat(draining.result()).isTrue();
    assertThat(listener.sessions()).isZero();
    assertThat(Waits.value(bed.connector().closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
  }

  // Churn.

  @Test
  void twoHundredSessionsInARowLeaveNothing() throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    try (Listener listener =
        subject().listen(subject().freshUri(), bed.listening(), accepted::put)) {
      String uri = listener.uri().toString();
      for (int i = 0; i < 200; i++) {
        try (Session session = subject().connect(uri, bed.connecting());
            Sender<Note> sender = session.open(Note.class)) {
          sender.send(Note.of(i));
          Session there = accepted.poll(BOUND.toNanos(), TimeUnit.NANOSECONDS);
          assertThat(there).isNotNull();
          assertThat(ChannelPair.next(there.accept(Note.class))).isEqualTo(Note.of(i));
        }
      }
      Waits.until("no session", () -> listener.sessions() == 0);
    }
  }
}
