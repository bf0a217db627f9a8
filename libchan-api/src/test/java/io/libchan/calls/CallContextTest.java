package io.libchan.calls;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Channel;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Ends;
import io.libchan.spi.StreamContext;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is bound to a thread, and what it says on the wire and reads from there. */
final class CallContextTest {
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  /** The context of a channel that a peer opened with these headers. */
  private static CallContext arrived(Map<Integer, String> headers) {
    return CallContext.of(
        Ends.<String>memory(String.class, 1, StreamContext.arrived(headers)).sender());
  }

  @Test
  void aThreadHasNoContextUnlessOneIsBound() throws Exception {
    assertThat(CallContext.current()).isSameAs(CallContext.NONE);
    CallContext context = CallContext.NONE.withDeadline(Duration.ofMinutes(1));
    CallContext[] seen = new CallContext[3];
    context
        .wrap(
            () -> {
              seen[0] = CallContext.current();
              CallContext.NONE.wrap(() -> seen[1] = CallContext.current()).call();
              seen[2] = CallContext.current();
              return true;
            })
        .call();
    assertThat(seen).containsExactly(context, CallContext.NONE, context);
    assertThat(CallContext.current()).isSameAs(CallContext.NONE);
    assertThat(StreamContext.current()).isSameAs(StreamContext.NONE);
  }

  @Test
  void aContextIsCarriedToAnotherThreadByWrappingOnly() throws Exception {
    CallContext context = CallContext.NONE.withDeadline(Duration.ofMinutes(1));
    Runnable nested =
        context.wrap(
            (Runnable)
                () -> {
                  assertThat(onNewThread(new FutureTask<>(CallContext::current)))
                      .isSameAs(CallContext.NONE);
                  assertThat(
                          onNewThread(
                              new FutureTask<>(CallContext.current().wrap(CallContext::current))))
                      .isSameAs(context);
                });
    nested.run();
  }

  private static CallContext onNewThread(FutureTask<CallContext> task) {
    new Thread(task).start();
    try {
      return task.get(15, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aDeadlineOnlyGetsShorter() {
    CallContext minute = CallContext.NONE.withDeadline(Duration.ofMinutes(1));
    assertThat(minute.withDeadline(Duration.ofHours(1)).timeLeft())
        .isLessThanOrEqualTo(Duration.ofMinutes(1));
    assertThat(minute.withDeadline(Duration.ofSeconds(1)).timeLeft())
        .isLessThanOrEqualTo(Duration.ofSeconds(1));
    assertThat(CallContext.NONE.withDeadline(Duration.ofSeconds(Long.MAX_VALUE)).timeLeft())
        .isNull();
  }

  @Test
  void aDeadlineThatPassedCancels() {
    for (Duration passed : new Duration[] {Duration.ZERO, Duration.ofSeconds(Long.MIN_VALUE)}) {
      CallContext context = CallContext.NONE.withDeadline(passed);
      assertThat(context.timeLeft()).isZero();
      assertThat(context.isCancelled()).isTrue();
      assertThat(context.cancelled()).isEqualTo(Deadline.passed());
      assertThat(context.headers()).containsEntry(StreamContext.DEADLINE, "0");
    }
    assertThat(CallContext.NONE.isCancelled()).isFalse();
  }

  @Test
  void whatIsDerivedIsCancelledTooAndTheFirstReasonStays() {
    CallContext context = arrived(Map.of());
    CallContext derived = context.withDeadline(Duration.ofMinutes(1));
    Reason first = Reason.of(ReasonCode.CANCELLED, "first");
    context.cancel(first);
    context.cancel(Reason.of(ReasonCode.CANCELLED, "second"));
    assertThat(derived.cancelled()).isEqualTo(first);
  }

  @Test
  void theHeadersTellTheTimeLeftAndTheStep() {
    CallContext context =
        CallContext.NONE.withDeadline(Duration.ofMinutes(1)).withTrace(TraceParent.parse(TRACE));
    assertThat(context.headers()).hasSize(2).containsEntry(StreamContext.TRACEPARENT, TRACE);
    assertThat(Long.parseLong(context.headers().get(StreamContext.DEADLINE)))
        .isBetween(50_000L, 60_000L);
    assertThat(CallContext.NONE.headers()).isEmpty();
  }

  @Test
  void whatArrivedIsReadAsANewStep() {
    CallContext context =
        arrived(Map.of(StreamContext.DEADLINE, "60000", StreamContext.TRACEPARENT, TRACE));
    assertThat(context.timeLeft()).isBetween(Duration.ofSeconds(50), Duration.ofSeconds(60));
    assertThat(context.callerTrace()).hasToString(TRACE);
    assertThat(context.trace().traceId()).isEqualTo(context.callerTrace().traceId());
    assertThat(context.trace().parentId()).isNotEqualTo(context.callerTrace().parentId());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "1.5", "soon", "9999999999999999", "٣", " 5"})
  void aDeadlineThatIsNoNumberIsNone(String text) {
    assertThat(arrived(Map.of(StreamContext.DEADLINE, text)).timeLeft()).isNull();
  }

  @Test
  void aTraceThatIsNoneIsIgnored() {
    CallContext context =
        arrived(Map.of(StreamContext.DEADLINE, "0", StreamContext.TRACEPARENT, "garbage"));
    assertThat(context.trace()).isNull();
    assertThat(context.callerTrace()).isNull();
    assertThat(context.timeLeft()).isZero();
  }

  @Test
  void theTypeOfRepliesFollowsFromTheTypeOfCalls() {
    Channel<Call<String, java.util.List<Long>>> channel =
        Channel.of(new io.libchan.TypeRef<Call<String, java.util.List<Long>>>() {});
    java.lang.reflect.Type jdk = new io.libchan.TypeRef<Reply<java.util.List<Long>>>() {}.type();
    java.lang.reflect.Type ours = ReplyType.of(channel.sender().type());
    assertThat(ours).isEqualTo(jdk);
    assertThat(jdk).isEqualTo(ours);
    assertThat(ours.hashCode()).isEqualTo(jdk.hashCode());
    assertThat(ours).hasToString(jdk.getTypeName());
    assertThat(ReplyType.of(Call.class)).hasToString("io.libchan.calls.Reply<java.lang.Object>");
  }
}
