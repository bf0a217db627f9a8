package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import io.libchan.TypeRef;
import io.libchan.calls.Call;
import io.libchan.calls.CallContext;
import io.libchan.calls.CallFailed;
import io.libchan.calls.Caller;
import io.libchan.calls.Calls;
import io.libchan.calls.Serving;
import io.libchan.calls.TraceParent;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * What calls are on the wire, so that a peer in another language can take part; what a lost
 * connection does to them; and what travels along with them over several sessions.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
@SuppressWarnings("try") // close waits, and a test may be interrupted
public abstract class CallSessionContract extends SessionContract {
  private static final TypeRef<Call<Note, Note>> NOTES = new TypeRef<Call<Note, Note>>() {};

  /** For subclasses. */
  protected CallSessionContract() {}

  private Sender<Call<Note, Note>> open(SessionBed on, String name) throws Exception {
    return on.near().open(name, NOTES, 16);
  }

  // The shape on the wire.

  @Test
  @Rule({"CALL-1", "CALL-3"})
  void aPeerThatKnowsNothingOfCallsAnswersWithAMap() throws Exception {
    needsOpenTypes();
    Caller<Note, Note> caller = new Caller<>(open(bed, "raw"));
    Receiver<Object> raw = bed.far().accept("raw", Object.class, BOUND);
    Task<Note> call = Task.call(() -> caller.call(Note.of(5)));
    Map<?, ?> message = (Map<?, ?>) ChannelPair.next(raw);
    assertThat(message.keySet()).hasToString("[request, reply]");
    assertThat(message.get("request")).hasToString("{number=5, text=note 5}");
    reply(message, Map.of("value", Map.of("number", 6, "text", "note 6")));
    assertThat(call.result()).isEqualTo(Note.of(6));
  }

  @Test
  @Rule("CALL-4")
  void aPeerThatKnowsNothingOfCallsAnswersWithAnError() throws Exception {
    needsOpenTypes();
    Caller<Note, Note> caller = new Caller<>(open(bed, "raw"));
    Receiver<Object> raw = bed.far().accept("raw", Object.class, BOUND);
    Task<Note> call = Task.call(() -> caller.call(Note.of(5)));
    reply(
        (Map<?, ?>) ChannelPair.next(raw),
        Map.of("error", Map.of("number", 70_000, "text", "no", "origin", "elsewhere")));
    CallFailed failure = call.failure(CallFailed.class);
    assertThat(failure.number()).isEqualTo(70_000);
    assertThat(failure.reason().message()).isEqualTo("no");
    assertThat(failure.reason().origin()).isEqualTo("elsewhere");
    Task<Note> second = Task.call(() -> caller.call(Note.of(5)));
    reply((Map<?, ?>) ChannelPair.next(raw), Map.of("error", Map.of("number", 777)));
    assertThat(second.failure(CallFailed.class).number()).isEqualTo(777);
  }

  @Test
  @Rule({"CALL-3", "CALL-4"})
  void aReplyOfNeitherOrBothOrOfTheCleanEndIsRejected() throws Exception {
    needsOpenTypes();
    Caller<Note, Note> caller = new Caller<>(open(bed, "raw"));
    Receiver<Object> raw = bed.far().accept("raw", Object.class, BOUND);
    Map<String, Object> value = Map.of("number", 6, "text", "note 6");
    for (Map<String, Object> wrong :
        java.util.List.<Map<String, Object>>of(
            Map.of(),
            Map.of("value", value, "error", Map.of("number", 70_000)),
            Map.of("error", Map.of("number", 0)))) {
      Task<Note> call = Task.call(() -> caller.call(Note.of(5)));
      reply((Map<?, ?>) ChannelPair.next(raw), wrong);
      assertThat(call.failure(MessageRejected.class).reason().code())
          .isEqualTo(ReasonCode.TYPE_MISMATCH);
    }
  }

  @SuppressWarnings("unchecked") // an end of unknown type takes anything
  private static void reply(Map<?, ?> call, Map<String, Object> reply) throws Exception {
    Sender<Object> replies = (Sender<Object>) Objects.requireNonNull(call.get("reply"));
    replies.send(reply);
    replies.close();
  }

  @Test
  @Rule({"CALL-1", "CALL-2", "CALL-3"})
  void aPeerThatKnowsNothingOfCallsCallsWithAMap() throws Exception {
    needsOpenTypes();
    Sender<Object> raw = bed.near().open("served", Object.class, 16);
    try (Serving serving =
        Calls.serve(bed.far().accept("served", NOTES), note -> Note.of(note.number() + 1))) {
      Channel<Object> replies = Channel.of(Object.class, 1);
      raw.send(
          Map.of(
              "request", Map.of("number", 1, "text", "one"), "reply", replies.sender(), "more", 1));
      Map<?, ?> reply = (Map<?, ?>) ChannelPair.next(replies.receiver());
      assertThat(((Map<?, ?>) Objects.requireNonNull(reply.get("value"))).get("text"))
          .isEqualTo("note 2");
      assertThat(reply.get("error")).isNull();
      ChannelPair.expectEnd(replies.receiver());
      Waits.until("the call to be over", () -> serving.running() == 0);
    }
  }

  @Test
  @Rule({"CALL-1", "CH-25"})
  void aRequestThatDoesNotFitFailsAloneAndItsCallerIsTold() throws Exception {
    needsOpenTypes();
    Sender<Object> raw = bed.near().open("served", Object.class, 16);
    try (Serving serving = Calls.serve(bed.far().accept("served", NOTES), note -> note)) {
      raw.send(Map.of("request", Map.of("number", 1, "text", "nowhere to answer")));
      Channel<Object> replies = Channel.of(Object.class, 1);
      raw.send(Map.of("request", "text", "reply", replies.sender()));
      assertThat(ChannelPair.failure(replies.receiver(), ChannelReset.class).reason().code())
          .isEqualTo(ReasonCode.UNCLAIMED);
      Channel<Object> good = Channel.of(Object.class, 1);
      raw.send(Map.of("request", Map.of("number", 1, "text", "one"), "reply", good.sender()));
      assertThat((Map<?, ?>) ChannelPair.next(good.receiver())).isNotNull();
      assertThat(serving.closed().toCompletableFuture()).isNotDone();
    }
  }

  // The connection.

  @Test
  @Rule({"CALL-5", "BYT-2"})
  void aCutConnectionIsTheCallersLossAndInterruptsTheHandler() throws Exception {
    needs(Capability.BYTE_CONNECTION);
    FaultPlan plan = new FaultPlan();
    try (SessionBed cut =
        new SessionBed(FaultTransport.over(subject(), () -> plan, FaultPlan::new), nearListens())) {
      Sender<Call<Note, Note>> calls = open(cut, "cut");
      Blocker blocker = new Blocker();
      try (Serving serving = Calls.serve(cut.far().accept("cut", NOTES), blocker)) {
        Caller<Note, Note> caller = new Caller<>(calls);
        Task<Note> call = Task.call(() -> caller.call(Note.of(1), BOUND));
        CompletableFuture<Note> future = caller.callAsync(Note.of(2));
        blocker.awaitEntered(2);
        plan.cutNow();
        assertThat(call.failure(SessionLost.class).reason().isEnd()).isFalse();
        assertThatThrownBy(() -> Waits.value(future)).isInstanceOf(SessionLost.class);
        assertThat(Waits.value(blocker.interrupted).isEnd()).isFalse();
        assertThat(Waits.value(serving.closed()).isEnd()).isFalse();
      }
      assertThatThrownBy(() -> new Caller<>(calls).call(Note.of(3)))
          .isInstanceOf(SessionLost.class);
    }
  }

  @Test
  void aSessionThatIsClosedEndsItsCallsWithThatReason() throws Exception {
    Sender<Call<Note, Note>> calls = open(bed, "closed");
    Blocker blocker = new Blocker();
    try (Serving serving = Calls.serve(bed.far().accept("closed", NOTES), blocker)) {
      CompletableFuture<Note> call = new Caller<>(calls).callAsync(Note.of(1));
      blocker.awaitEntered(1);
      bed.near().close();
      assertThatThrownBy(() -> Waits.value(call))
          .isInstanceOfSatisfying(
              ChannelException.class,
              e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.SESSION_CLOSED));
      assertThat(Waits.value(blocker.interrupted).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
      assertThat(Waits.value(serving.closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
    }
  }

  // What travels along.

  @Test
  @Rule({"CALL-7", "CALL-8", "CALL-9"})
  void deadlineAndTraceGoOnOverEveryHop() throws Exception {
    TraceParent root = TraceParent.start(true);
    try (SessionBed second = new SessionBed(subject(), nearListens())) {
      CompletableFuture<CallContext> atB = new CompletableFuture<>();
      CompletableFuture<Duration> leftAtB = new CompletableFuture<>();
      Sender<Call<Note, Note>> calls = open(bed, "hop");
      Session fromB = second.near(); // made here: a bed is for one thread
      try (Serving serving =
          Calls.serve(
              bed.far().accept("hop", NOTES),
              note -> {
                atB.complete(CallContext.current());
                leftAtB.complete(Objects.requireNonNull(CallContext.current().timeLeft()));
                // A channel to C, and an end that goes there inside a message.
                Channel<Note> answers = Channel.of(Note.class, 1);
                try (Sender<Boxes.Request> toC = fromB.open("c", Boxes.Request.class, 4)) {
                  toC.send(new Boxes.Request(1, "for C", answers.sender()));
                  return ChannelPair.next(answers.receiver());
                }
              })) {
        CallContext context = CallContext.NONE.withTrace(root).withDeadline(BOUND);
        Task<Note> call = Task.call(context.wrap(() -> new Caller<>(calls).call(Note.of(1))));
        Receiver<Boxes.Request> atC = second.far().accept("c", Boxes.Request.class, BOUND);
        CallContext opened = CallContext.of(atC);
        Boxes.Request request = ChannelPair.next(atC);
        CallContext attached = CallContext.of(request.answers());
        for (CallContext seen : new CallContext[] {opened, attached}) {
          Duration left = Objects.requireNonNull(seen.timeLeft());
          assertThat(left).isLessThanOrEqualTo(leftAtB.join()).isLessThan(BOUND);
          TraceParent trace = Objects.requireNonNull(seen.callerTrace());
          assertThat(trace).isEqualTo(atB.join().trace());
          assertThat(trace.traceId()).isEqualTo(root.traceId());
          assertThat(trace.parentId()).isNotEqualTo(root.parentId());
          assertThat(trace.sampled()).isTrue();
        }
        request.answers().send(Note.of(9));
        assertThat(call.result()).isEqualTo(Note.of(9));
        assertThat(serving.running()).isLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  @Rule("CALL-7")
  void theDeadlineOfACallRunsWhileItWaitsToBeTaken() throws Exception {
    Caller<Note, Note> caller = new Caller<>(open(bed, "late"));
    Receiver<Call<Note, Note>> calls = bed.far().accept("late", NOTES);
    CompletableFuture<Note> call = caller.callAsync(Note.of(1), Duration.ofSeconds(1));
    Call<Note, Note> taken = ChannelPair.next(calls);
    Duration atFirst = Objects.requireNonNull(CallContext.of(taken.reply()).timeLeft());
    assertThat(atFirst).isLessThanOrEqualTo(Duration.ofSeconds(1));
    Waits.until("the deadline to pass", () -> CallContext.of(taken.reply()).isCancelled());
    assertThat(Waits.value(taken.reply().closed()).code()).isEqualTo(ReasonCode.DEADLINE);
    assertThatThrownBy(() -> Waits.value(call)).isInstanceOf(ChannelReset.class);
  }

  @Test
  @Rule("CALL-9")
  void nothingIsCarriedWhereNoContextIsBound() throws Exception {
    ChannelPair<Boxes.SenderBox> road = bed.open(Boxes.SenderBox.class, 4);
    Channel<Note> local = Channel.of(Note.class, 1);
    road.sender().send(new Boxes.SenderBox(1, local.sender()));
    CallContext attached = CallContext.of(road.next().sender());
    for (CallContext seen : new CallContext[] {CallContext.of(road.receiver()), attached}) {
      assertThat(seen.timeLeft()).isNull();
      assertThat(seen.trace()).isNull();
    }
    local.receiver().close(Reason.of(ReasonCode.CANCELLED, "done"));
  }
}
