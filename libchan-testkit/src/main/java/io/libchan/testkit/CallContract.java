package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static io.libchan.testkit.Waits.SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.TypeRef;
import io.libchan.calls.Call;
import io.libchan.calls.CallContext;
import io.libchan.calls.CallFailed;
import io.libchan.calls.CallHandler;
import io.libchan.calls.Caller;
import io.libchan.calls.Calls;
import io.libchan.calls.ServeOptions;
import io.libchan.calls.Serving;
import io.libchan.calls.TraceParent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every call does, whether caller and handler are in one process or not: answers, errors,
 * deadlines, giving up, back-pressure, draining.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
@ExtendWith({Leaks.class, QuietLog.class})
public abstract class CallContract {
  private static final int OUTSTANDING = 64;
  private static final int BROKEN = ReasonCode.FIRST_APPLICATION_NUMBER + 7;

  private final List<Serving> servings = new ArrayList<>();

  /** For subclasses. */
  protected CallContract() {}

  /** A request with an end inside, and an answer that is a generic type. */
  public record Listing(long count, Sender<Note> parts) {}

  /** Makes a channel of the kind under test. */
  protected abstract <T> ChannelPair<T> channel(TypeRef<T> type, int capacity) throws Exception;

  /** Whether a list may be a message: {@link Subject#carriesOpenTypes}. */
  protected boolean carriesOpenTypes() {
    return true;
  }

  @AfterEach
  void stopServing() {
    servings.forEach(Serving::close);
  }

  private Caller<Note, Note> serve(CallHandler<Note, Note> handler) throws Exception {
    return serve(ServeOptions.DEFAULTS, handler);
  }

  private Caller<Note, Note> serve(ServeOptions options, CallHandler<Note, Note> handler)
      throws Exception {
    ChannelPair<Call<Note, Note>> channel =
        channel(new TypeRef<Call<Note, Note>>() {}, OUTSTANDING);
    servings.add(Calls.serve(channel.receiver(), options.withNodeName("service"), handler));
    return new Caller<>(channel.sender());
  }

  // Answers.

  @Test
  @Rule({"CALL-1", "CALL-2", "CALL-3"})
  void aCallReturnsWhatTheHandlerAnswers() throws Exception {
    Caller<Note, Note> caller = serve(note -> Note.of(note.number() + 1));
    for (int i = 0; i < 20; i++) {
      assertThat(caller.call(Note.of(i))).isEqualTo(Note.of(i + 1));
      assertThat(caller.call(Note.of(i), BOUND)).isEqualTo(Note.of(i + 1));
      assertThat(Waits.value(caller.callAsync(Note.of(i)))).isEqualTo(Note.of(i + 1));
    }
  }

  @Test
  void manyCallsAreUnderWayAtOnce() throws Exception {
    Blocker blocker = new Blocker();
    Caller<Note, Note> caller = serve(blocker);
    List<Task<Note>> calls = new ArrayList<>();
    List<CompletableFuture<Note>> futures = new ArrayList<>();
    for (int i = 0; i < OUTSTANDING / 2; i++) {
      Note note = Note.of(i);
      calls.add(Task.call(() -> caller.call(note)));
      futures.add(caller.callAsync(note));
    }
    blocker.awaitEntered(OUTSTANDING);
    assertThat(futures).noneMatch(CompletableFuture::isDone);
    blocker.open();
    for (int i = 0; i < OUTSTANDING / 2; i++) {
      assertThat(calls.get(i).result()).isEqualTo(Note.of(i));
      assertThat(Waits.value(futures.get(i))).isEqualTo(Note.of(i));
    }
  }

  @Test
  void anAnswerComesInPiecesToASenderInTheRequest() throws Exception {
    Assumptions.assumeTrue(carriesOpenTypes(), "needs open types");
    ChannelPair<Call<Listing, List<Note>>> channel =
        channel(new TypeRef<Call<Listing, List<Note>>>() {}, 4);
    servings.add(
        Calls.serve(
            channel.receiver(),
            listing -> {
              List<Note> all = new ArrayList<>();
              for (int i = 0; i < listing.count(); i++) {
                listing.parts().send(Note.of(i));
                all.add(Note.of(i));
              }
              listing.parts().close();
              return all;
            }));
    Caller<Listing, List<Note>> caller = new Caller<>(channel.sender());
    Channel<Note> parts = Channel.of(Note.class, 2);
    Task<List<Note>> call = Task.call(() -> caller.call(new Listing(5, parts.sender()), BOUND));
    for (int i = 0; i < 5; i++) {
      assertThat(ChannelPair.next(parts.receiver())).isEqualTo(Note.of(i));
    }
    ChannelPair.expectEnd(parts.receiver());
    assertThat(call.result()).containsExactly(note(0), note(1), note(2), note(3), note(4));
  }

  private static Note note(int number) {
    return Note.of(number);
  }

  // Errors.

  @Test
  @Rule({"CALL-3", "CALL-4"})
  void anErrorOfTheHandlersChoiceComesWithNumberTextAndOrigin() throws Exception {
    Caller<Note, Note> caller =
        serve(
            note -> {
              throw new CallFailed(BROKEN, "no such note: " + note.number());
            });
    CallFailed failure = Task.call(() -> caller.call(Note.of(3))).failure(CallFailed.class);
    assertThat(failure.number()).isEqualTo(BROKEN);
    assertThat(failure.reason().message()).isEqualTo("no such note: 3");
    assertThat(failure.reason().origin()).isEqualTo("service");
    assertThatThrownBy(() -> Waits.value(caller.callAsync(Note.of(3))))
        .isInstanceOf(CallFailed.class);
  }

  @Test
  @Rule("CALL-4")
  @QuietLog.Expected("what the caller is not told is logged here")
  void anyOtherExceptionTellsTheCallerNothingOfItself() throws Exception {
    Caller<Note, Note> caller =
        serve(
            note -> {
              throw new IllegalStateException("password: secret");
            });
    CallFailed failure = Task.call(() -> caller.call(Note.of(3))).failure(CallFailed.class);
    assertThat(failure.number()).isEqualTo(ReasonCode.FAILED.number());
    assertThat(failure.reason().message()).isEqualTo("the handler failed");
    assertThat(Task.call(() -> caller.call(Note.of(4))).failure(CallFailed.class)).isNotNull();
  }

  @Test
  @QuietLog.Expected("no answer is a defect of the handler")
  @SuppressWarnings("NullAway") // on purpose
  void aHandlerThatReturnsNullHasFailed() throws Exception {
    Caller<Note, Note> caller = serve(note -> null);
    Task.call(() -> caller.call(Note.of(3))).failure(CallFailed.class);
  }

  @Test
  void exceptionsAreTranslatedWhereTheServiceKnowsThem() throws Exception {
    ServeOptions options = ServeOptions.DEFAULTS.withErrors(CallContract::translated);
    Caller<Note, Note> caller =
        serve(options, note -> Note.of(Math.addExact(note.number(), Long.MAX_VALUE)));
    CallFailed failure = Task.call(() -> caller.call(Note.of(3))).failure(CallFailed.class);
    assertThat(failure.number()).isEqualTo(BROKEN);
    assertThat(failure.reason().message()).isEqualTo("does not add up");
    assertThat(caller.call(Note.of(-1))).isEqualTo(Note.of(Long.MAX_VALUE - 1));
  }

  private static @Nullable Reason translated(Exception failure) {
    return failure instanceof ArithmeticException
        ? new Reason(BROKEN, "does not add up", "", List.of())
        : null;
  }

  @Test
  void anErrorOfACallMadeByTheHandlerPassesAsItIs() throws Exception {
    Caller<Note, Note> last =
        serve(
            note -> {
              throw new CallFailed(BROKEN, "far away");
            });
    Caller<Note, Note> first = serve(last::call);
    CallFailed failure = Task.call(() -> first.call(Note.of(1))).failure(CallFailed.class);
    assertThat(failure.number()).isEqualTo(BROKEN);
    assertThat(failure.reason().message()).isEqualTo("far away");
  }

  @Test
  @Rule("CALL-5")
  void aReplyChannelThatEndsWithoutAReplyIsAFailure() throws Exception {
    ChannelPair<Call<Note, Note>> channel = channel(new TypeRef<Call<Note, Note>>() {}, 4);
    Caller<Note, Note> caller = new Caller<>(channel.sender());
    Task<Note> call = Task.call(() -> caller.call(Note.of(1)));
    channel.next().reply().close();
    assertThat(call.failure(ChannelReset.class).reason().code()).isEqualTo(ReasonCode.TRUNCATED);
    CompletableFuture<Note> future = caller.callAsync(Note.of(2));
    channel.next().reply().close();
    assertThatThrownBy(() -> Waits.value(future)).isInstanceOf(ChannelReset.class);
  }

  @Test
  @Rule("CALL-5")
  void aCallThatNobodyReceivedIsAFailure() throws Exception {
    ChannelPair<Call<Note, Note>> channel = channel(new TypeRef<Call<Note, Note>>() {}, 4);
    Caller<Note, Note> caller = new Caller<>(channel.sender());
    Task<Note> call = Task.call(() -> caller.call(Note.of(1)));
    call.awaitBlocked();
    channel.receiver().close();
    call.failure(ChannelReset.class);
  }

  private static Call<Note, Note> unwanted() {
    return new Call<>(
        Note.of(0), Channel.of(new TypeRef<io.libchan.calls.Reply<Note>>() {}, 1).sender());
  }

  // Deadlines.

  @Test
  @Rule({"CALL-6", "CALL-7"})
  void aDeadlineEndsTheCallAndInterruptsTheHandler() throws Exception {
    Blocker blocker = new Blocker();
    Caller<Note, Note> caller = serve(blocker);
    expectDeadline(
        blocker,
        timeout -> Task.call(() -> caller.call(Note.of(1), timeout)).failure(ChannelReset.class));
  }

  @Test
  @Rule({"CALL-6", "CALL-7"})
  void aDeadlineEndsTheFutureAndInterruptsTheHandler() throws Exception {
    Blocker blocker = new Blocker();
    Caller<Note, Note> caller = serve(blocker);
    expectDeadline(
        blocker,
        timeout ->
            Task.call(() -> Waits.value(caller.callAsync(Note.of(1), timeout)))
                .failure(ChannelReset.class));
  }

  /** A call that fails within a time. */
  private interface LateCall {
    ChannelReset failure(Duration timeout) throws Exception;
  }

  /** On a slow machine a call may be late before its handler begins: then with more time. */
  private static void expectDeadline(Blocker blocker, LateCall call) throws Exception {
    Duration timeout = Duration.ofMillis(100);
    do {
      assertThat(call.failure(timeout).reason().code()).isEqualTo(ReasonCode.DEADLINE);
      timeout = timeout.multipliedBy(2);
    } while (blocker.moreEntered() == 0 && timeout.compareTo(BOUND) < 0);
    assertThat(Waits.value(blocker.interrupted).code()).isEqualTo(ReasonCode.DEADLINE);
  }

  @Test
  @Rule("CALL-7")
  void theHandlerKnowsTheTimeLeft() throws Exception {
    CompletableFuture<Duration> seen = new CompletableFuture<>();
    Caller<Note, Note> caller =
        serve(
            note -> {
              seen.complete(given(CallContext.current().timeLeft()));
              return note;
            });
    caller.call(Note.of(1), Duration.ofMinutes(5));
    assertThat(Waits.value(seen)).isBetween(Duration.ofMinutes(4), Duration.ofMinutes(5));
  }

  @Test
  void withoutADeadlineOrATraceThereIsNone() throws Exception {
    CompletableFuture<CallContext> seen = new CompletableFuture<>();
    Caller<Note, Note> caller =
        serve(
            note -> {
              seen.complete(CallContext.current());
              return note;
            });
    caller.call(Note.of(1));
    assertThat(Waits.value(seen).timeLeft()).isNull();
    assertThat(Waits.value(seen).trace()).isNull();
    assertThat(Waits.value(seen).isCancelled()).isFalse();
    assertThat(CallContext.current()).isSameAs(CallContext.NONE);
  }

  @Test
  void aDeadlineThatHasPassedSendsNothing() throws Exception {
    Blocker blocker = new Blocker();
    blocker.open();
    Caller<Note, Note> caller = serve(blocker);
    assertThatThrownBy(() -> caller.call(Note.of(1), Duration.ZERO))
        .isInstanceOf(ChannelReset.class);
    assertThatThrownBy(() -> Waits.value(caller.callAsync(Note.of(1), Duration.ofSeconds(-1))))
        .isInstanceOf(ChannelReset.class);
    assertThat(caller.call(Note.of(2))).isEqualTo(Note.of(2));
    blocker.awaitEntered(1);
    assertThat(blocker.moreEntered()).isZero();
  }

  @Test
  void aDeadlineCountsWhileTheRequestWaitsForRoom() throws Exception {
    ChannelPair<Call<Note, Note>> channel = channel(new TypeRef<Call<Note, Note>>() {}, 1);
    channel.sender().send(unwanted());
    Caller<Note, Note> caller = new Caller<>(channel.sender());
    assertThatThrownBy(() -> caller.call(Note.of(1), SHORT))
        .isInstanceOfSatisfying(
            ChannelReset.class, e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.DEADLINE));
    assertThatThrownBy(() -> Waits.value(caller.callAsync(Note.of(2), SHORT)))
        .isInstanceOf(ChannelReset.class);
    assertThat(channel.next().request()).isEqualTo(Note.of(0));
    channel.sender().close();
    channel.expectEnd();
  }

  @Test
  @Rule("CALL-8")
  void theCallersContextIsInheritedByTheHandlerAndItsDeadlineNeverGrows() throws Exception {
    TraceParent root = TraceParent.start(true);
    CompletableFuture<CallContext> seen = new CompletableFuture<>();
    Caller<Note, Note> caller =
        serve(
            note -> {
              seen.complete(CallContext.current());
              return note;
            });
    CallContext context = CallContext.NONE.withTrace(root).withDeadline(Duration.ofMinutes(2));
    context.wrap(() -> caller.call(Note.of(1), Duration.ofHours(1))).call();
    CallContext inside = Waits.value(seen);
    assertThat(inside.timeLeft()).isLessThan(Duration.ofMinutes(2));
    assertThat(inside.callerTrace()).isEqualTo(root);
    assertThat(given(inside.trace()).traceId()).isEqualTo(root.traceId());
    assertThat(given(inside.trace()).parentId()).isNotEqualTo(root.parentId());
    assertThat(given(inside.trace()).sampled()).isTrue();
  }

  // Giving up.

  @Test
  @Rule("CALL-6")
  void aCallerThatIsInterruptedCancelsTheHandler() throws Exception {
    Blocker blocker = new Blocker();
    Caller<Note, Note> caller = serve(blocker);
    Task<Note> call = Task.call(() -> caller.call(Note.of(1)));
    blocker.awaitEntered(1);
    call.interrupt();
    call.failure(InterruptedException.class);
    assertThat(Waits.value(blocker.interrupted).code()).isEqualTo(ReasonCode.CANCELLED);
    blocker.open();
    assertThat(caller.call(Note.of(2))).isEqualTo(Note.of(2));
  }

  @Test
  @Rule("CALL-6")
  void aFutureThatIsCancelledCancelsTheHandler() throws Exception {
    Blocker blocker = new Blocker();
    Caller<Note, Note> caller = serve(blocker);
    CompletableFuture<Note> call = caller.callAsync(Note.of(1));
    blocker.awaitEntered(1);
    assertThat(call.cancel(true)).isTrue();
    assertThat(Waits.value(blocker.interrupted).code()).isEqualTo(ReasonCode.CANCELLED);
  }

  @Test
  @Rule("CALL-6")
  void givingUpGoesOnThroughCallsThatTheHandlerMakes() throws Exception {
    Blocker blocker = new Blocker();
    Caller<Note, Note> last = serve(blocker);
    Caller<Note, Note> first = serve(last::call);
    CompletableFuture<Note> call = first.callAsync(Note.of(1));
    blocker.awaitEntered(1);
    call.cancel(true);
    assertThat(Waits.value(blocker.interrupted).code()).isEqualTo(ReasonCode.CANCELLED);
  }

  @Test
  @Rule("CALL-6")
  void anAnswerThatNobodyWaitsForIsDroppedWithoutNoise() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    Semaphore returned = new Semaphore(0);
    Caller<Note, Note> caller =
        serve(
            note -> {
              entered.countDown();
              boolean stubborn = false;
              while (note.number() == 1 && !stubborn) {
                try {
                  new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                  stubborn = true; // it answers all the same
                }
              }
              returned.release();
              return note;
            });
    CompletableFuture<Note> call = caller.callAsync(Note.of(1));
    Waits.until("the handler", () -> entered.getCount() == 0);
    call.cancel(true);
    Waits.until("the handler's return", () -> returned.tryAcquire());
    assertThat(caller.call(Note.of(2))).isEqualTo(Note.of(2));
  }

  @Test
  void theHandlersThreadIsNotInterruptedForACallThatIsOver() throws Exception {
    Caller<Note, Note> caller =
        serve(
            ServeOptions.DEFAULTS.withConcurrency(1),
            note -> {
              if (note.number() % 2 == 0) {
                new CountDownLatch(1).await(); // until interrupted
              }
              assertThat(Thread.currentThread().isInterrupted()).isFalse();
              return note;
            });
    for (int i = 0; i < 20; i++) {
      CompletableFuture<Note> given = caller.callAsync(Note.of(2L * i));
      CompletableFuture<Note> wanted = caller.callAsync(Note.of(2L * i + 1));
      given.cancel(true);
      assertThat(Waits.value(wanted)).isEqualTo(Note.of(2L * i + 1));
    }
  }

  // Back-pressure and the end.

  @Test
  void noMoreHandlersRunThanTheBoundAndTheOthersWaitTheirTurn() throws Exception {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Blocker blocker = new Blocker();
    ChannelPair<Call<Note, Note>> channel = channel(new TypeRef<Call<Note, Note>>() {}, 4);
    Serving serving =
        Calls.serve(
            channel.receiver(),
            ServeOptions.DEFAULTS.withConcurrency(3),
            note -> {
              most.accumulateAndGet(now.incrementAndGet(), Math::max);
              try {
                return blocker.handle(note);
              } finally {
                now.decrementAndGet();
              }
            });
    servings.add(serving);
    Caller<Note, Note> caller = new Caller<>(channel.sender());
    List<CompletableFuture<Note>> calls = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      calls.add(caller.callAsync(Note.of(i)));
    }
    blocker.awaitEntered(3);
    // 3 run, 4 wait in the channel, and one more finds no room: the caller waits.
    Task<Note> waiting = Task.call(() -> caller.call(Note.of(7))).awaitBlocked();
    assertThat(serving.running()).isEqualTo(3);
    assertThat(blocker.moreEntered()).isZero();
    blocker.open();
    for (int i = 0; i < 7; i++) {
      assertThat(Waits.value(calls.get(i))).isEqualTo(Note.of(i));
    }
    assertThat(waiting.result()).isEqualTo(Note.of(7));
    assertThat(most.get()).isEqualTo(3);
    Waits.until("no call", () -> serving.running() == 0);
  }

  @Test
  void drainingAnswersWhatRunsAndRefusesTheRest() throws Exception {
    Blocker blocker = new Blocker();
    Caller<Note, Note> caller = serve(ServeOptions.DEFAULTS.withConcurrency(1), blocker);
    Serving serving = servings.get(0);
    CompletableFuture<Note> running = caller.callAsync(Note.of(1));
    blocker.awaitEntered(1);
    CompletableFuture<Note> untaken = caller.callAsync(Note.of(2));
    Task<Boolean> draining = Task.call(() -> serving.drain(BOUND)).awaitBlocked();
    assertThatThrownBy(() -> Waits.value(untaken)).isInstanceOf(ChannelReset.class);
    Waits.until("the end of the channel", () -> refusal(caller) == ReasonCode.DRAINING);
    blocker.open();
    assertThat(draining.result()).isTrue();
    assertThat(Waits.value(running)).isEqualTo(Note.of(1));
    assertThat(Waits.value(serving.closed()).code()).isEqualTo(ReasonCode.DRAINING);
  }

  private static @Nullable ReasonCode refusal(Caller<Note, Note> caller) throws Exception {
    try {
      caller.call(Note.of(3), BOUND);
      return null;
    } catch (ChannelException e) {
      return e.reason().code();
    }
  }

  @Test
  void drainingGivesUpWhatDoesNotEndInTime() throws Exception {
    Blocker blocker = new Blocker();
    Caller<Note, Note> caller = serve(blocker);
    CompletableFuture<Note> running = caller.callAsync(Note.of(1));
    blocker.awaitEntered(1);
    assertThat(servings.get(0).drain(SHORT)).isFalse();
    assertThatThrownBy(() -> Waits.value(running))
        .isInstanceOfSatisfying(
            ChannelReset.class, e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.CANCELLED));
    assertThat(Waits.value(blocker.interrupted).code()).isEqualTo(ReasonCode.CANCELLED);
    Waits.value(servings.get(0).closed());
  }

  @Test
  void callsUnderWayAreAnsweredAfterTheChannelOfCallsHasEnded() throws Exception {
    Blocker blocker = new Blocker();
    Caller<Note, Note> caller = serve(blocker);
    CompletableFuture<Note> running = caller.callAsync(Note.of(1));
    blocker.awaitEntered(1);
    caller.close();
    blocker.open();
    assertThat(Waits.value(running)).isEqualTo(Note.of(1));
    assertThat(Waits.value(servings.get(0).closed()).code()).isEqualTo(ReasonCode.END);
    assertThatThrownBy(() -> caller.call(Note.of(2))).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aServiceEndsWhenItsReceiverIsClosed() throws Exception {
    ChannelPair<Call<Note, Note>> channel = channel(new TypeRef<Call<Note, Note>>() {}, 4);
    Receiver<Call<Note, Note>> receiver = channel.receiver();
    Serving serving = Calls.serve(receiver, note -> note);
    assertThat(new Caller<>(channel.sender()).call(Note.of(1))).isEqualTo(Note.of(1));
    serving.close();
    serving.close();
    assertThat(Waits.value(serving.closed()).code()).isEqualTo(ReasonCode.CANCELLED);
    assertThat(Waits.value(channel.sender().closed()).code()).isEqualTo(ReasonCode.CANCELLED);
  }

  private static <T> T given(@Nullable T value) {
    if (value == null) {
      throw new AssertionError("missing");
    }
    return value;
  }
}
