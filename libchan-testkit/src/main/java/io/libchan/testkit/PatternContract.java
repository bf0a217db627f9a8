package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.LimitExceeded;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.TypeRef;
import io.libchan.calls.Call;
import io.libchan.calls.CallFailed;
import io.libchan.calls.CallHandler;
import io.libchan.calls.Calls;
import io.libchan.calls.ServeOptions;
import io.libchan.calls.Serving;
import io.libchan.patterns.Broadcast;
import io.libchan.patterns.Heard;
import io.libchan.patterns.Latest;
import io.libchan.patterns.OneShot;
import io.libchan.patterns.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The patterns of {@code io.libchan.patterns}, whether the ends that take part are in one process
 * or not.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
@ExtendWith({Leaks.class, QuietLog.class})
public abstract class PatternContract {
  private static final TypeRef<Heard<Note>> HEARD = new TypeRef<Heard<Note>>() {};
  private static final TypeRef<Note> NOTE = new TypeRef<Note>() {};
  private static final TypeRef<Call<Note, Note>> JOBS = new TypeRef<Call<Note, Note>>() {};
  private static final int BROKEN = ReasonCode.FIRST_APPLICATION_NUMBER + 7;

  private final List<Serving> servings = new ArrayList<>();

  /** For subclasses. */
  protected PatternContract() {}

  /** Makes a channel of the kind under test. */
  protected abstract <T> ChannelPair<T> channel(TypeRef<T> type, int capacity) throws Exception;

  @AfterEach
  void stopServing() {
    servings.forEach(Serving::close);
  }

  // One message.

  @Test
  void aOneShotIsKeptOnceAndEverybodyWhoWaitsHasTheMessage() throws Exception {
    OneShot<Note> promise = OneShot.of(Note.class);
    Task<Note> waiting = Task.call(promise::await).awaitBlocked();
    assertThatThrownBy(() -> promise.await(Duration.ZERO)).isInstanceOf(TimeoutException.class);
    OneShot.keep(promise.sender(), Note.of(1));
    assertThat(waiting.result()).isEqualTo(Note.of(1));
    assertThat(promise.await(BOUND)).isEqualTo(Note.of(1));
    assertThat(Waits.value(promise.future())).isEqualTo(Note.of(1));
    promise.close();
    assertThat(promise.await()).isEqualTo(Note.of(1));
  }

  @Test
  void aOneShotTravelsInsideAMessage() throws Exception {
    OneShot<Note> promise = OneShot.of(Note.class);
    ChannelPair<Boxes.SenderBox> road = channel(new TypeRef<Boxes.SenderBox>() {}, 1);
    road.sender().send(new Boxes.SenderBox(1, promise.sender()));
    OneShot.keep(road.next().sender(), Note.of(2));
    assertThat(promise.await(BOUND)).isEqualTo(Note.of(2));
  }

  @Test
  void aOneShotTellsWhyThereIsNoMessage() throws Exception {
    OneShot<Note> ended = OneShot.of(Note.class);
    ended.sender().close();
    assertThatThrownBy(() -> ended.await(BOUND))
        .isInstanceOfSatisfying(
            ChannelException.class,
            e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.TRUNCATED));
    OneShot<Note> failed = OneShot.of(Note.class);
    failed.sender().fail("no luck");
    assertThatThrownBy(() -> failed.await(BOUND)).hasMessageContaining("no luck");
    assertThatThrownBy(() -> Waits.value(failed.future())).isInstanceOf(ChannelReset.class);
  }

  @Test
  void aOneShotTakesNoSecondMessageAndNoneWhenItIsClosed() throws Exception {
    OneShot<Note> kept = OneShot.of(Note.class);
    kept.sender().send(Note.of(1));
    assertThat(kept.await(BOUND)).isEqualTo(Note.of(1));
    Waits.value(kept.sender().closed());
    assertThatThrownBy(() -> kept.sender().send(Note.of(2))).isInstanceOf(ChannelReset.class);
    OneShot<Note> closed = OneShot.of(NOTE);
    Task<Note> waiting = Task.call(closed::await).awaitBlocked();
    closed.close();
    assertThat(waiting.failure(ChannelReset.class).reason().code()).isEqualTo(ReasonCode.CANCELLED);
    assertThatThrownBy(() -> OneShot.keep(closed.sender(), Note.of(1)))
        .isInstanceOf(ChannelReset.class);
  }

  // Broadcast.

  @Test
  void everySubscriberHearsEverythingInTheSameOrderAndThenTheEnd() throws Exception {
    List<ChannelPair<Heard<Note>>> all = new ArrayList<>();
    Broadcast<Note> broadcast = new Broadcast<>();
    for (int i = 0; i < 3; i++) {
      all.add(channel(HEARD, 16));
      broadcast.subscribe(all.get(i).sender());
    }
    for (int i = 0; i < 10; i++) {
      broadcast.publish(Note.of(i));
    }
    broadcast.close();
    broadcast.close();
    for (ChannelPair<Heard<Note>> one : all) {
      for (int i = 0; i < 10; i++) {
        assertThat(one.next()).isEqualTo(new Heard<>(Note.of(i), 0));
      }
      one.expectEnd();
    }
    assertThatThrownBy(() -> broadcast.publish(Note.of(11)))
        .isInstanceOf(IllegalStateException.class);
    ChannelPair<Heard<Note>> late = channel(HEARD, 1);
    broadcast.subscribe(late.sender());
    late.expectEnd();
  }

  @Test
  void aSlowSubscriberMissesMessagesIsToldHowManyAndSlowsNobody() throws Exception {
    ChannelPair<Heard<Note>> slow = channel(HEARD, 2);
    ChannelPair<Heard<Note>> quick = channel(HEARD, 1000);
    Broadcast<Note> broadcast = new Broadcast<>();
    broadcast.subscribe(slow.sender());
    broadcast.subscribe(quick.sender());
    for (int i = 0; i < 100; i++) {
      broadcast.publish(Note.of(i));
      assertThat(quick.next()).isEqualTo(new Heard<>(Note.of(i), 0));
    }
    assertThat(slow.next()).isEqualTo(new Heard<>(Note.of(0), 0));
    assertThat(slow.next()).isEqualTo(new Heard<>(Note.of(1), 0));
    AtomicInteger number = new AtomicInteger(100);
    long[] heard = {2, 0};
    Waits.until(
        "a message for the one that lagged",
        () -> {
          broadcast.publish(Note.of(number.getAndIncrement()));
          Heard<Note> next = slow.receiver().poll();
          if (next != null) {
            heard[0] = next.message().number();
            heard[1] = next.missed();
          }
          return next != null;
        });
    assertThat(heard[1]).isEqualTo(heard[0] - 2);
    broadcast.close();
  }

  @Test
  void aSubscriberThatMissedTheLastMessagesSeesNoCleanEnd() throws Exception {
    ChannelPair<Heard<Note>> slow = channel(HEARD, 1);
    Broadcast<Note> broadcast = new Broadcast<>();
    broadcast.subscribe(slow.sender());
    broadcast.publish(Note.of(0));
    broadcast.publish(Note.of(1));
    broadcast.publish(Note.of(2));
    broadcast.close();
    assertThat(slow.next()).isEqualTo(new Heard<>(Note.of(0), 0));
    LimitExceeded failure = ChannelPair.failure(slow.receiver(), LimitExceeded.class);
    assertThat(failure.limit()).isEqualTo("lag");
    assertThat(failure.reason().message()).contains("the last 2 messages");
  }

  @Test
  void aSubscriberThatLeavesIsForgottenAndAFailureIsToldToTheOthers() throws Exception {
    ChannelPair<Heard<Note>> leaving = channel(HEARD, 4);
    ChannelPair<Heard<Note>> staying = channel(HEARD, 4);
    Broadcast<Note> broadcast = new Broadcast<>();
    broadcast.subscribe(leaving.sender());
    broadcast.subscribe(staying.sender());
    assertThat(broadcast.subscribers()).isEqualTo(2);
    leaving.receiver().close();
    Waits.until("one subscriber", () -> broadcast.subscribers() == 1);
    broadcast.publish(Note.of(1));
    broadcast.fail(Reason.of(ReasonCode.FAILED, "off the air"));
    assertThat(staying.next()).isEqualTo(new Heard<>(Note.of(1), 0));
    assertThat(ChannelPair.failure(staying.receiver(), ChannelReset.class))
        .hasMessageContaining("off the air");
    assertThatThrownBy(() -> broadcast.subscribe(Channel.of(HEARD, 0).sender()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // The latest value.

  @Test
  void aWatcherGetsTheValueThereIsThenNewerOnesAndTheEnd() throws Exception {
    Latest<Note> latest = new Latest<>();
    assertThat(latest.get()).isNull();
    latest.set(Note.of(1));
    ChannelPair<Note> watcher = channel(NOTE, 1);
    latest.watch(watcher.sender());
    assertThat(watcher.next()).isEqualTo(Note.of(1));
    latest.set(Note.of(2));
    assertThat(watcher.next()).isEqualTo(Note.of(2));
    latest.close();
    watcher.expectEnd();
    assertThat(latest.get()).isEqualTo(Note.of(2));
    assertThatThrownBy(() -> latest.set(Note.of(3))).isInstanceOf(IllegalStateException.class);
    ChannelPair<Note> late = channel(NOTE, 1);
    latest.watch(late.sender());
    assertThat(late.next()).isEqualTo(Note.of(2));
    late.expectEnd();
    Waits.until("no watcher", () -> latest.watchers() == 0);
  }

  @Test
  void aSlowWatcherSkipsToTheNewestValue() throws Exception {
    Latest<Note> latest = new Latest<>();
    ChannelPair<Note> slow = channel(NOTE, 1);
    latest.watch(slow.sender());
    latest.set(Note.of(0));
    Waits.until("the first value to leave", () -> !slow.sender().trySend(Note.of(-1)));
    for (int i = 1; i <= 1000; i++) {
      latest.set(Note.of(i));
    }
    Note first = slow.next();
    assertThat(first.number()).isLessThanOrEqualTo(0);
    Note second = slow.next();
    assertThat(second.number()).isGreaterThanOrEqualTo(0);
    // One value may have been on its way already, whichever that was; all others are skipped.
    assertThat(second.number() == 1000 ? second : slow.next()).isEqualTo(Note.of(1000));
    latest.close();
    slow.expectEnd();
  }

  @Test
  void aWatcherWhoseValuesRaceSeesThemGrowAndTheLastOne() throws Exception {
    Latest<Note> latest = new Latest<>();
    ChannelPair<Note> watcher = channel(NOTE, 1);
    latest.watch(watcher.sender());
    AtomicInteger next = new AtomicInteger();
    List<Task<Boolean>> setters = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      setters.add(
          Task.run(
              () -> {
                for (int j = 0; j < 200; j++) {
                  latest.set(Note.of(next.incrementAndGet()));
                }
              }));
    }
    for (Task<Boolean> setter : setters) {
      setter.result();
    }
    Note last = latest.get();
    latest.close();
    Note seen = null;
    for (Note note = watcher.receiver().receive(BOUND);
        note != null;
        note = watcher.receiver().receive(BOUND)) {
      seen = note;
    }
    assertThat(seen).isEqualTo(last);
  }

  @Test
  void aWatcherThatLeavesIsForgottenAndAFailureIsToldToTheOthers() throws Exception {
    Latest<Note> latest = new Latest<>();
    ChannelPair<Note> leaving = channel(NOTE, 1);
    ChannelPair<Note> staying = channel(NOTE, 1);
    latest.watch(leaving.sender());
    latest.watch(staying.sender());
    leaving.receiver().close();
    Waits.until("one watcher", () -> latest.watchers() == 1);
    latest.set(Note.of(1));
    latest.fail(Reason.of(ReasonCode.FAILED, "stopped"));
    assertThat(staying.next()).isEqualTo(Note.of(1));
    assertThat(ChannelPair.failure(staying.receiver(), ChannelReset.class))
        .hasMessageContaining("stopped");
    assertThatThrownBy(() -> latest.watch(Channel.of(Note.class, 2).sender()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // Workers.

  private Serving worker(Workers<Note, Note> workers, CallHandler<Note, Note> handler)
      throws Exception {
    ChannelPair<Call<Note, Note>> jobs = channel(JOBS, 1);
    Serving serving =
        Calls.serve(jobs.receiver(), ServeOptions.DEFAULTS.withConcurrency(1), handler);
    servings.add(serving);
    workers.add(jobs.sender());
    return serving;
  }

  @Test
  void jobsGoRoundTheWorkersThatHaveRoom() throws Exception {
    try (Workers<Note, Note> workers = new Workers<>(1)) {
      ConcurrentLinkedQueue<String> done = new ConcurrentLinkedQueue<>();
      for (String name : List.of("a", "b", "c")) {
        worker(
            workers,
            note -> {
              done.add(name);
              return note;
            });
      }
      for (int i = 0; i < 30; i++) {
        assertThat(Waits.value(workers.submit(Note.of(i)))).isEqualTo(Note.of(i));
      }
      for (String name : List.of("a", "b", "c")) {
        assertThat(done).filteredOn(name::equals).hasSizeBetween(9, 11);
      }
      assertThat(workers.size()).isEqualTo(3);
    }
  }

  @Test
  void aJobWaitsForAWorkerWithRoom() throws Exception {
    try (Workers<Note, Note> workers = new Workers<>(1)) {
      assertThatThrownBy(() -> workers.submit(Note.of(0), Waits.SHORT))
          .isInstanceOf(TimeoutException.class);
      Task<CompletableFuture<Note>> first =
          Task.call(() -> workers.submit(Note.of(1))).awaitBlocked();
      Blocker blocker = new Blocker();
      worker(workers, blocker);
      CompletableFuture<Note> running = first.result();
      blocker.awaitEntered(1);
      Task<CompletableFuture<Note>> second =
          Task.call(() -> workers.submit(Note.of(2))).awaitBlocked();
      blocker.open();
      assertThat(Waits.value(running)).isEqualTo(Note.of(1));
      assertThat(Waits.value(second.result())).isEqualTo(Note.of(2));
    }
  }

  @Test
  void theJobOfAWorkerThatGoesAwayIsGivenToAnother() throws Exception {
    try (Workers<Note, Note> workers = new Workers<>(1)) {
      Blocker dying = new Blocker();
      Serving first = worker(workers, dying);
      CompletableFuture<Note> job = workers.submit(Note.of(1));
      dying.awaitEntered(1);
      first.close();
      Waits.until("no worker", () -> workers.size() == 0);
      assertThat(job).isNotDone();
      worker(workers, note -> Note.of(note.number() + 100));
      assertThat(Waits.value(job)).isEqualTo(Note.of(101));
    }
  }

  @Test
  void aWorkerThatEndsWhileItIsIdleIsForgotten() throws Exception {
    try (Workers<Note, Note> workers = new Workers<>(1)) {
      Serving first = worker(workers, note -> note);
      worker(workers, note -> Note.of(note.number() + 100));
      assertThat(first.drain(BOUND)).isTrue();
      for (int i = 0; i < 5; i++) {
        assertThat(Waits.value(workers.submit(Note.of(i)))).isEqualTo(Note.of(i + 100));
      }
      Waits.until("one worker", () -> workers.size() == 1);
    }
  }

  @Test
  void anErrorThatAWorkerAnswersIsFinal() throws Exception {
    try (Workers<Note, Note> workers = new Workers<>(2)) {
      AtomicInteger tries = new AtomicInteger();
      for (int i = 0; i < 2; i++) {
        worker(
            workers,
            note -> {
              tries.incrementAndGet();
              throw new CallFailed(BROKEN, "bad job");
            });
      }
      CompletableFuture<Note> job = workers.submit(Note.of(1));
      assertThatThrownBy(() -> Waits.value(job)).isInstanceOf(CallFailed.class);
      assertThat(tries.get()).isEqualTo(1);
      assertThat(workers.size()).isEqualTo(2);
    }
  }

  @Test
  void aJobThatIsGivenUpCancelsItsWorker() throws Exception {
    try (Workers<Note, Note> workers = new Workers<>(1)) {
      Blocker blocker = new Blocker();
      worker(workers, blocker);
      CompletableFuture<Note> job = workers.submit(Note.of(1));
      blocker.awaitEntered(1);
      job.cancel(true);
      assertThat(Waits.value(blocker.interrupted).code()).isEqualTo(ReasonCode.CANCELLED);
      blocker.open();
      assertThat(Waits.value(workers.submit(Note.of(2)))).isEqualTo(Note.of(2));
    }
  }

  @Test
  void closingEndsTheWorkersChannelsAndKeepsWhatTheyHave() throws Exception {
    Workers<Note, Note> workers = new Workers<>(1);
    Blocker blocker = new Blocker();
    Serving serving = worker(workers, blocker);
    CompletableFuture<Note> job = workers.submit(Note.of(1));
    blocker.awaitEntered(1);
    Task<CompletableFuture<Note>> waiting =
        Task.call(() -> workers.submit(Note.of(2))).awaitBlocked();
    workers.close();
    workers.close();
    waiting.failure(IllegalStateException.class);
    blocker.open();
    assertThat(Waits.value(job)).isEqualTo(Note.of(1));
    assertThat(Waits.value(serving.closed()).code()).isEqualTo(ReasonCode.END);
    ChannelPair<Call<Note, Note>> late = channel(JOBS, 1);
    workers.add(late.sender());
    late.expectEnd();
  }
}
