package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static io.libchan.testkit.Waits.SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every channel does with messages, whether its two ends are in one process or not, and
 * however the ends got where they are: order, capacity, rendezvous, flush, the end, failure,
 * cancelling.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
@ExtendWith({Leaks.class, QuietLog.class})
public abstract class MessageContract {
  private static final Reason GONE_HOME =
      new Reason(ReasonCode.FIRST_APPLICATION_NUMBER + 5, "gone home", "", List.of());

  /** For subclasses. */
  protected MessageContract() {}

  /** Makes a channel of the kind under test; its ends are new and nothing was sent. */
  protected abstract ChannelPair<Note> channel(int capacity) throws Exception;

  /** How many rounds the races take; remote channels are slower. */
  protected int rounds() {
    return 2000;
  }

  // Order and capacity.

  @Test
  @Rule("CH-1")
  void messagesArriveInTheOrderSentAndEachOnce() throws Exception {
    ChannelPair<Note> channel = channel(16);
    Task<Boolean> sending =
        Task.run(
            () -> {
              for (int i = 0; i < 500; i++) {
                channel.sender().send(Note.of(i));
              }
              channel.sender().close();
            });
    for (int i = 0; i < 500; i++) {
      assertThat(channel.next()).isEqualTo(Note.of(i));
    }
    channel.expectEnd();
    sending.result();
  }

  @Test
  @Rule("CH-10")
  void noMoreMessagesAreUnderWayThanTheCapacity() throws Exception {
    ChannelPair<Note> channel = channel(3);
    for (int i = 0; i < 3; i++) {
      channel.sender().send(Note.of(i), BOUND);
    }
    assertThat(channel.sender().trySend(Note.of(3))).isFalse();
    assertThatThrownBy(() -> channel.sender().send(Note.of(3), SHORT))
        .isInstanceOf(TimeoutException.class);
    channel.sender().close();
    for (int i = 0; i < 3; i++) {
      assertThat(channel.next()).isEqualTo(Note.of(i));
    }
    channel.expectEnd();
  }

  @Test
  @Rule({"CH-10", "CH-11"})
  void sendWaitsForRoomAndGoesOnWhenAMessageWasReceived() throws Exception {
    ChannelPair<Note> channel = channel(1);
    channel.sender().send(Note.of(0));
    Task<Boolean> sending = Task.run(() -> channel.sender().send(Note.of(1))).awaitBlocked();
    assertThat(channel.next()).isEqualTo(Note.of(0));
    sending.result();
    assertThat(channel.next()).isEqualTo(Note.of(1));
    close(channel);
  }

  @Test
  @Rule("CH-11")
  void trySendFindsRoomAgainOnceMessagesWereReceived() throws Exception {
    ChannelPair<Note> channel = channel(2);
    assertThat(channel.sender().trySend(Note.of(0))).isTrue();
    channel.sender().send(Note.of(1));
    assertThat(channel.sender().trySend(Note.of(2))).isFalse();
    channel.next();
    channel.next();
    Waits.until("room for one more", () -> channel.sender().trySend(Note.of(3)));
    assertThat(channel.next()).isEqualTo(Note.of(3));
    close(channel);
  }

  @Test
  void endsTellTheirCapacityAndType() throws Exception {
    ChannelPair<Note> channel = channel(7);
    assertThat(channel.sender().capacity()).isEqualTo(7);
    assertThat(channel.receiver().capacity()).isEqualTo(7);
    assertThat(channel.sender().type()).isEqualTo(Note.class);
    assertThat(channel.receiver().type()).isEqualTo(Note.class);
    close(channel);
  }

  // Rendezvous.

  @Test
  @Rule({"CH-10", "CH-11"})
  void rendezvousSendReturnsOnlyAfterAReceiverTookTheMessage() throws Exception {
    ChannelPair<Note> channel = channel(0);
    Task<Boolean> sending = Task.run(() -> channel.sender().send(Note.of(1))).awaitBlocked();
    assertThat(sending.isDone()).isFalse();
    assertThat(channel.next()).isEqualTo(Note.of(1));
    sending.result();
    close(channel);
  }

  @Test
  void rendezvousMeetsAReceiverThatWaitsAlready() throws Exception {
    ChannelPair<Note> channel = channel(0);
    Task<Note> receiving = Task.call(channel::next).awaitBlocked();
    channel.sender().send(Note.of(1), BOUND);
    assertThat(receiving.result()).isEqualTo(Note.of(1));
    close(channel);
  }

  @Test
  void trySendOnARendezvousIsAlwaysFalse() throws Exception {
    ChannelPair<Note> channel = channel(0);
    Task<Note> receiving = Task.call(channel::next).awaitBlocked();
    assertThat(channel.sender().trySend(Note.of(1))).isFalse();
    channel.sender().send(Note.of(2), BOUND);
    assertThat(receiving.result()).isEqualTo(Note.of(2));
    close(channel);
  }

  @Test
  @Rule("CH-15")
  void rendezvousSendThatTimesOutDeliversNothing() throws Exception {
    ChannelPair<Note> channel = channel(0);
    assertThatThrownBy(() -> channel.sender().send(Note.of(1), SHORT))
        .isInstanceOf(TimeoutException.class);
    assertThat(channel.receiver().poll()).isNull();
    Task<Boolean> sending = Task.run(() -> channel.sender().send(Note.of(2)));
    assertThat(channel.next()).isEqualTo(Note.of(2));
    sending.result();
    close(channel);
  }

  @Test
  @Rule("CH-15")
  void rendezvousSendThatIsInterruptedDeliversNothing() throws Exception {
    ChannelPair<Note> channel = channel(0);
    Task<Boolean> sending = Task.run(() -> channel.sender().send(Note.of(1))).awaitBlocked();
    sending.interrupt();
    sending.failure(InterruptedException.class);
    channel.sender().close();
    channel.expectEnd();
  }

  @Test
  @Rule("CH-15")
  void rendezvousThatGivesUpWhileAReceiverComesHasOneOutcome() throws Exception {
    Random random = Seeds.random("rendezvousThatGivesUpWhileAReceiverComesHasOneOutcome");
    ChannelPair<Note> channel = channel(0);
    int rounds = Math.max(20, rounds() / 20);
    List<Note> delivered = new ArrayList<>();
    Task<List<Note>> receiving = Task.call(() -> receiveUntilEnd(channel.receiver(), random));
    int withdrawn = 0;
    for (int i = 0; i < rounds; i++) {
      try {
        channel.sender().send(Note.of(i), Duration.ofNanos(random.nextInt(2_000_000)));
        delivered.add(Note.of(i));
      } catch (TimeoutException e) {
        withdrawn++;
      }
    }
    channel.sender().close();
    assertThat(receiving.result()).isEqualTo(delivered);
    assertThat(delivered.size() + withdrawn).isEqualTo(rounds);
  }

  private static List<Note> receiveUntilEnd(Receiver<Note> receiver, Random random)
      throws Exception {
    List<Note> received = new ArrayList<>();
    long deadline = System.nanoTime() + BOUND.toNanos();
    while (System.nanoTime() < deadline) {
      try {
        Note note = receiver.receive(Duration.ofNanos(random.nextInt(2_000_000)));
        if (note == null) {
          return received;
        }
        received.add(note);
      } catch (TimeoutException e) {
        Thread.onSpinWait();
      }
    }
    throw new AssertionError("no end within the bound after " + received.size());
  }

  // Timed and interrupted calls.

  @Test
  void sendThatTimesOutOnAFullChannelDeliversNothing() throws Exception {
    ChannelPair<Note> channel = channel(1);
    channel.sender().send(Note.of(0));
    assertThatThrownBy(() -> channel.sender().send(Note.of(1), SHORT))
        .isInstanceOf(TimeoutException.class);
    assertThatThrownBy(() -> channel.sender().send(Note.of(2), Duration.ZERO))
        .isInstanceOf(TimeoutException.class);
    channel.sender().close();
    assertThat(channel.next()).isEqualTo(Note.of(0));
    channel.expectEnd();
  }

  @Test
  void sendThatIsInterruptedOnAFullChannelDeliversNothing() throws Exception {
    ChannelPair<Note> channel = channel(1);
    channel.sender().send(Note.of(0));
    Task<Boolean> sending = Task.run(() -> channel.sender().send(Note.of(1))).awaitBlocked();
    sending.interrupt();
    sending.failure(InterruptedException.class);
    channel.sender().close();
    assertThat(channel.next()).isEqualTo(Note.of(0));
    channel.expectEnd();
  }

  @Test
  void aThreadThatIsInterruptedAlreadySendsAndReceivesNothing() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.sender().send(Note.of(0));
    Task.run(() -> interrupted(() -> channel.sender().send(Note.of(1))))
        .failure(InterruptedException.class);
    Task.run(() -> interrupted(() -> channel.receiver().receive()))
        .failure(InterruptedException.class);
    channel.sender().close();
    assertThat(channel.next()).isEqualTo(Note.of(0));
    channel.expectEnd();
  }

  private static void interrupted(Task.Action action) throws Exception {
    Thread.currentThread().interrupt();
    action.run();
  }

  @Test
  void receiveThatTimesOutTakesNothing() throws Exception {
    ChannelPair<Note> channel = channel(4);
    assertThatThrownBy(() -> channel.receiver().receive(SHORT))
        .isInstanceOf(TimeoutException.class);
    assertThatThrownBy(() -> channel.receiver().receive(Duration.ofNanos(-1)))
        .isInstanceOf(TimeoutException.class);
    channel.sender().send(Note.of(1));
    assertThat(channel.next()).isEqualTo(Note.of(1));
    close(channel);
  }

  @Test
  void receiveThatIsInterruptedTakesNothing() throws Exception {
    ChannelPair<Note> channel = channel(4);
    Task<Note> receiving = Task.call(() -> channel.receiver().receive()).awaitBlocked();
    receiving.interrupt();
    receiving.failure(InterruptedException.class);
    channel.sender().send(Note.of(1));
    assertThat(channel.next()).isEqualTo(Note.of(1));
    close(channel);
  }

  @Test
  void receiversThatGiveUpAtRandomLoseNothing() throws Exception {
    Random random = Seeds.random("receiversThatGiveUpAtRandomLoseNothing");
    ChannelPair<Note> channel = channel(2);
    int rounds = Math.max(50, rounds() / 10);
    Task<List<Note>> receiving = Task.call(() -> receiveUntilEnd(channel.receiver(), random));
    for (int i = 0; i < rounds; i++) {
      channel.sender().send(Note.of(i), BOUND);
    }
    channel.sender().close();
    List<Note> received = receiving.result();
    assertThat(received).hasSize(rounds);
    assertThat(received.get(rounds - 1)).isEqualTo(Note.of(rounds - 1));
  }

  @Test
  void pollTakesWhatIsThereAndTellsTheEndApart() throws Exception {
    ChannelPair<Note> channel = channel(4);
    assertThat(channel.receiver().poll()).isNull();
    assertThat(channel.receiver().ended()).isFalse();
    channel.sender().send(Note.of(1));
    channel.sender().close();
    List<Note> polled = new ArrayList<>();
    Waits.until(
        "the message and the end by poll",
        () -> {
          Note note = channel.receiver().poll();
          if (note != null) {
            polled.add(note);
          }
          return channel.receiver().ended();
        });
    assertThat(polled).containsExactly(Note.of(1));
  }

  // Flush.

  @Test
  @Rule("CH-12")
  void flushReturnsWhenEverythingWasReceived() throws Exception {
    ChannelPair<Note> channel = channel(100);
    for (int i = 0; i < 3; i++) {
      channel.sender().send(Note.of(i));
    }
    Task<Boolean> flushing = Task.run(() -> channel.sender().flush()).awaitBlocked();
    channel.next();
    channel.next();
    assertThat(flushing.isDone()).isFalse();
    channel.next();
    flushing.result();
    close(channel);
  }

  @Test
  void flushOfAChannelOnWhichNothingWasSentReturnsAtOnce() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.sender().flush(BOUND);
    assertThat(channel.receiver().poll()).isNull();
    close(channel);
  }

  @Test
  void flushThatTimesOutLeavesTheMessagesSent() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.sender().send(Note.of(1));
    assertThatThrownBy(() -> channel.sender().flush(SHORT)).isInstanceOf(TimeoutException.class);
    assertThat(channel.next()).isEqualTo(Note.of(1));
    channel.sender().flush(BOUND);
    close(channel);
  }

  @Test
  void flushAfterCloseWaitsForWhatWasSentBefore() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.sender().send(Note.of(1));
    channel.sender().close();
    Task<Boolean> flushing = Task.run(() -> channel.sender().flush());
    assertThat(channel.next()).isEqualTo(Note.of(1));
    flushing.result();
    channel.expectEnd();
  }

  // The end and failure.

  @Test
  @Rule({"CH-20", "CH-21"})
  void closeDeliversEverythingThatWasSentAndThenTheEnd() throws Exception {
    ChannelPair<Note> channel = channel(200);
    for (int i = 0; i < 200; i++) {
      channel.sender().send(Note.of(i));
    }
    channel.sender().close();
    for (int i = 0; i < 200; i++) {
      assertThat(channel.next()).isEqualTo(Note.of(i));
    }
    channel.expectEnd();
  }

  @Test
  @Rule("CH-21")
  void theEndIsToldAgainAndAgain() throws Exception {
    ChannelPair<Note> channel = channel(4);
    assertThat(channel.receiver().ended()).isFalse();
    channel.sender().close();
    channel.expectEnd();
    channel.expectEnd();
    assertThat(channel.receiver().ended()).isTrue();
    assertThat(channel.receiver().poll()).isNull();
  }

  @Test
  @Rule("CH-20")
  void closeWakesEveryReceiverThatWaits() throws Exception {
    ChannelPair<Note> channel = channel(4);
    List<Task<Boolean>> receiving = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      receiving.add(Task.run(channel::expectEnd).awaitBlocked());
    }
    channel.sender().close();
    for (Task<Boolean> one : receiving) {
      one.result();
    }
  }

  @Test
  @Rule({"CH-20", "CH-21", "CH-30"})
  void failReachesTheReceiverAfterEveryMessageAndWithItsReason() throws Exception {
    ChannelPair<Note> channel = channel(10);
    for (int i = 0; i < 10; i++) {
      channel.sender().send(Note.of(i));
    }
    channel.sender().fail(GONE_HOME);
    for (int i = 0; i < 10; i++) {
      assertThat(channel.next()).isEqualTo(Note.of(i));
    }
    Reason reason = ChannelPair.failure(channel.receiver(), ChannelReset.class).reason();
    assertThat(reason.number()).isEqualTo(GONE_HOME.number());
    assertThat(reason.message()).isEqualTo("gone home");
    assertThat(channel.receiver().ended()).isFalse();
  }

  @Test
  @Rule("CH-20")
  void aFailureIsToldAgainAndAgain() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.sender().fail("broken");
    for (int i = 0; i < 3; i++) {
      Reason reason = ChannelPair.failure(channel.receiver(), ChannelReset.class).reason();
      assertThat(reason.code()).isEqualTo(ReasonCode.FAILED);
      assertThat(reason.message()).isEqualTo("broken");
    }
  }

  @Test
  void theFirstEndCounts() throws Exception {
    ChannelPair<Note> failed = channel(4);
    failed.sender().fail("broken");
    failed.sender().close();
    failed.sender().fail("again");
    assertThat(ChannelPair.failure(failed.receiver(), ChannelReset.class).reason().message())
        .isEqualTo("broken");
    ChannelPair<Note> closed = channel(4);
    closed.sender().close();
    closed.sender().fail("too late");
    closed.expectEnd();
  }

  @Test
  void useAfterOnesOwnCloseIsMisuse() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.sender().close();
    channel.sender().close();
    assertThatThrownBy(() -> channel.sender().send(Note.of(1)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> channel.sender().trySend(Note.of(1)))
        .isInstanceOf(IllegalStateException.class);
    channel.expectEnd();
    channel.receiver().close();
    channel.receiver().close();
    assertThatThrownBy(() -> channel.receiver().receive())
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> channel.receiver().poll()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  @SuppressWarnings("NullAway") // the point of the test
  void misuseIsRefusedBeforeAnythingIsSent() throws Exception {
    ChannelPair<Note> channel = channel(4);
    assertThatThrownBy(() -> channel.sender().send(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> channel.sender().trySend(null))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> channel.sender().fail(Reason.END))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> channel.receiver().close(Reason.END))
        .isInstanceOf(IllegalArgumentException.class);
    channel.sender().send(Note.of(1));
    assertThat(channel.next()).isEqualTo(Note.of(1));
    close(channel);
  }

  @Test
  void closeWhileSendIsBlockedFailsTheSend() throws Exception {
    ChannelPair<Note> channel = channel(1);
    channel.sender().send(Note.of(0));
    Task<Boolean> sending = Task.run(() -> channel.sender().send(Note.of(1))).awaitBlocked();
    channel.sender().close();
    sending.failure(IllegalStateException.class);
    assertThat(channel.next()).isEqualTo(Note.of(0));
    channel.expectEnd();
  }

  @Test
  void closeWhileReceiveIsBlockedFailsTheReceive() throws Exception {
    ChannelPair<Note> channel = channel(1);
    Task<Note> receiving = Task.call(() -> channel.receiver().receive()).awaitBlocked();
    channel.receiver().close();
    receiving.failure(IllegalStateException.class);
  }

  // Cancelling.

  @Test
  @Rule("CH-23")
  void receiverCloseFailsASendThatWaits() throws Exception {
    ChannelPair<Note> channel = channel(1);
    channel.sender().send(Note.of(0));
    Task<Boolean> sending = Task.run(() -> channel.sender().send(Note.of(1))).awaitBlocked();
    channel.receiver().close(GONE_HOME);
    Reason reason = sending.failure(ChannelReset.class).reason();
    assertThat(reason.number()).isEqualTo(GONE_HOME.number());
    assertThat(reason.message()).isEqualTo("gone home");
  }

  @Test
  @Rule("CH-23")
  void receiverCloseFailsARendezvousThatWaits() throws Exception {
    ChannelPair<Note> channel = channel(0);
    Task<Boolean> sending = Task.run(() -> channel.sender().send(Note.of(1))).awaitBlocked();
    channel.receiver().close();
    assertThat(sending.failure(ChannelReset.class).reason().code()).isEqualTo(ReasonCode.CANCELLED);
  }

  @Test
  @Rule("CH-23")
  void receiverCloseFailsAFlushThatWaits() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.sender().send(Note.of(0));
    Task<Boolean> flushing = Task.run(() -> channel.sender().flush()).awaitBlocked();
    channel.receiver().close();
    assertThat(flushing.failure(ChannelReset.class).reason().code())
        .isEqualTo(ReasonCode.CANCELLED);
  }

  @Test
  @Rule("CH-23")
  void receiverCloseFailsLaterSendsWithItsReason() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.receiver().close(GONE_HOME);
    Reason reason = Waits.value(channel.sender().closed());
    assertThat(reason.number()).isEqualTo(GONE_HOME.number());
    assertThatThrownBy(() -> channel.sender().send(Note.of(1)))
        .isInstanceOfSatisfying(
            ChannelReset.class,
            e -> {
              assertThat(e.reason().number()).isEqualTo(GONE_HOME.number());
              assertThat(e.reason().message()).isEqualTo("gone home");
            });
    assertThatThrownBy(() -> channel.sender().trySend(Note.of(1))).isInstanceOf(ChannelReset.class);
  }

  // The futures.

  @Test
  void closedCompletesWithTheEndOnBothSides() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.sender().send(Note.of(1));
    channel.sender().close();
    var sender = channel.sender().closed().toCompletableFuture();
    var receiver = channel.receiver().closed().toCompletableFuture();
    assertThat(sender).isNotDone();
    assertThat(receiver).isNotDone();
    channel.next();
    channel.expectEnd();
    assertThat(Waits.value(sender).isEnd()).isTrue();
    assertThat(Waits.value(receiver).isEnd()).isTrue();
  }

  @Test
  void closedCompletesWithTheFailureOnBothSides() throws Exception {
    ChannelPair<Note> channel = channel(4);
    var sender = channel.sender().closed();
    var receiver = channel.receiver().closed();
    channel.sender().fail(GONE_HOME);
    ChannelPair.failure(channel.receiver(), ChannelReset.class);
    assertThat(Waits.value(sender).number()).isEqualTo(GONE_HOME.number());
    assertThat(Waits.value(receiver).number()).isEqualTo(GONE_HOME.number());
  }

  @Test
  void closedCompletesWithTheCancelOnBothSides() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.sender().send(Note.of(1));
    var sender = channel.sender().closed();
    var receiver = channel.receiver().closed();
    channel.receiver().close(GONE_HOME);
    assertThat(Waits.value(sender).number()).isEqualTo(GONE_HOME.number());
    assertThat(Waits.value(receiver).number()).isEqualTo(GONE_HOME.number());
  }

  @Test
  void theReasonStaysWhatItWasWhenTheReceiverClosesAfterTheEnd() throws Exception {
    ChannelPair<Note> ended = channel(4);
    ended.sender().close();
    ended.expectEnd();
    ended.receiver().close();
    assertThat(Waits.value(ended.sender().closed()).isEnd()).isTrue();
    assertThat(Waits.value(ended.receiver().closed()).isEnd()).isTrue();
    ChannelPair<Note> failed = channel(4);
    failed.sender().fail("broken");
    ChannelPair.failure(failed.receiver(), ChannelReset.class);
    failed.receiver().close();
    assertThat(Waits.value(failed.sender().closed()).code()).isEqualTo(ReasonCode.FAILED);
    assertThat(Waits.value(failed.receiver().closed()).code()).isEqualTo(ReasonCode.FAILED);
  }

  // Iteration.

  @Test
  void iterationEndsWithTheChannel() throws Exception {
    ChannelPair<Note> channel = channel(50);
    Task<List<Note>> iterating =
        Task.call(
            () -> {
              List<Note> seen = new ArrayList<>();
              channel.receiver().forEach(seen::add);
              return seen;
            });
    List<Note> sent = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      sent.add(Note.of(i));
      channel.sender().send(Note.of(i));
    }
    channel.sender().close();
    assertThat(iterating.result()).isEqualTo(sent);
  }

  @Test
  void iterationThrowsWhatEndedTheChannel() throws Exception {
    ChannelPair<Note> channel = channel(4);
    channel.sender().send(Note.of(1));
    channel.sender().fail("broken");
    AtomicInteger seen = new AtomicInteger();
    assertThatThrownBy(() -> channel.receiver().forEach(note -> seen.incrementAndGet()))
        .isInstanceOf(UncheckedIOException.class)
        .hasCauseInstanceOf(ChannelReset.class);
    assertThat(seen).hasValue(1);
  }

  @Test
  void iterationThatIsInterruptedKeepsTheFlag() throws Exception {
    ChannelPair<Note> channel = channel(4);
    Task<Boolean> iterating =
        Task.call(
                () -> {
                  try {
                    channel.receiver().forEach(note -> {});
                    return false;
                  } catch (UncheckedIOException e) {
                    assertThat(e).hasCauseInstanceOf(InterruptedIOException.class);
                    return Thread.currentThread().isInterrupted();
                  }
                })
            .awaitBlocked();
    iterating.interrupt();
    assertThat(iterating.result()).isTrue();
    close(channel);
  }

  // Many threads.

  @Test
  @Rule("CH-1")
  void severalSendersAndReceiversHandOverEachMessageOnce() throws Exception {
    ChannelPair<Note> channel = channel(8);
    int each = Math.max(50, rounds() / 4);
    int count = 4 * each;
    AtomicLong next = new AtomicLong();
    List<Task<Boolean>> sending = new ArrayList<>();
    List<Task<Boolean>> receiving = new ArrayList<>();
    ConcurrentLinkedQueue<Note> received = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < 4; i++) {
      receiving.add(Task.run(() -> channel.receiver().forEach(received::add)));
      sending.add(
          Task.run(
              () -> {
                for (int k = 0; k < each; k++) {
                  channel.sender().send(Note.of(next.getAndIncrement()));
                }
              }));
    }
    for (Task<Boolean> one : sending) {
      one.result();
    }
    channel.sender().close();
    for (Task<Boolean> one : receiving) {
      one.result();
    }
    BitSet seen = new BitSet();
    received.forEach(note -> seen.set((int) note.number()));
    assertThat(received).hasSize(count);
    assertThat(seen.cardinality()).isEqualTo(count);
  }

  @Test
  @Rule("CH-10")
  void theCapacityHoldsWhileBothSidesRace() throws Exception {
    ChannelPair<Note> channel = channel(3);
    int count = Math.max(100, rounds() / 2);
    AtomicInteger taken = new AtomicInteger();
    AtomicInteger worst = new AtomicInteger();
    Task<Boolean> sending =
        Task.run(
            () -> {
              for (int i = 0; i < count; i++) {
                channel.sender().send(Note.of(i));
                // taken counts after the fact: one message may be in the receiver's hands.
                int underWay = i + 1 - taken.get();
                worst.accumulateAndGet(underWay, Math::max);
              }
            });
    for (int i = 0; i < count; i++) {
      assertThat(channel.next().number()).isEqualTo(i);
      taken.incrementAndGet();
    }
    sending.result();
    assertThat(worst.get()).isLessThanOrEqualTo(3 + 1);
    close(channel);
  }

  @Test
  void messagesOfManySendersAddUpInTheLedger() throws Exception {
    ChannelPair<Note> channel = channel(5);
    Ledger ledger = new Ledger();
    List<Task<Boolean>> sending = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String name = "sender " + i;
      sending.add(
          Task.run(
              () -> {
                for (int k = 0; k < 100; k++) {
                  ledger.sent(name, k, name.getBytes(StandardCharsets.UTF_8));
                  channel.sender().send(new Note(k, name));
                }
              }));
    }
    for (int i = 0; i < 300; i++) {
      Note note = channel.next();
      ledger.received(note.text(), note.number(), note.text().getBytes(StandardCharsets.UTF_8));
    }
    for (Task<Boolean> one : sending) {
      one.result();
    }
    ledger.check();
    assertThat(ledger.sentCount()).isEqualTo(300);
    close(channel);
  }

  @Test
  @Rule({"CH-21", "CH-23"})
  void closeAndCancelAtOnceHaveExactlyOneOutcome() throws Exception {
    Random random = Seeds.random("closeAndCancelAtOnceHaveExactlyOneOutcome");
    int rounds = rounds();
    List<Race> races = new ArrayList<>();
    CyclicBarrier start = new CyclicBarrier(2);
    for (int i = 0; i < rounds; i++) {
      races.add(
          new Race(
              channel(random.nextInt(3)),
              random.nextBoolean(),
              random.nextInt(4) > 0,
              random.nextInt(3)));
    }
    Task<List<Boolean>> sending =
        Task.call(
            () -> {
              List<Boolean> sent = new ArrayList<>();
              for (Race race : races) {
                start.await();
                sent.add(sendOneAndEnd(race.channel.sender(), race.fails));
              }
              return sent;
            });
    List<Integer> got = new ArrayList<>();
    for (Race race : races) {
      start.await();
      got.add(receiveSome(race.channel.receiver(), race.cancels, race.patience));
    }
    List<Boolean> sent = sending.result();
    int delivered = 0;
    int refused = 0;
    for (int i = 0; i < rounds; i++) {
      checkOutcome(i, races.get(i), sent.get(i), got.get(i));
      delivered += got.get(i);
      refused += sent.get(i) ? 0 : 1;
    }
    assertThat(delivered).isPositive();
    assertThat(delivered + refused).isLessThanOrEqualTo(rounds);
  }

  private record Race(ChannelPair<Note> channel, boolean fails, boolean cancels, int patience) {}

  private static void checkOutcome(int round, Race race, boolean sent, int got) throws Exception {
    assertThat(got)
        .as("received in round %d, capacity %d", round, race.channel.sender().capacity())
        .isLessThanOrEqualTo(sent ? 1 : 0);
    Reason there = Waits.value(race.channel.receiver().closed());
    Reason here = Waits.value(race.channel.sender().closed());
    if (race.cancels) {
      assertThat(List.of(here.code(), there.code()))
          .as("round %d", round)
          .isSubsetOf(ReasonCode.END, ReasonCode.CANCELLED, ReasonCode.FAILED);
    } else {
      ReasonCode expected = race.fails ? ReasonCode.FAILED : ReasonCode.END;
      assertThat(sent).as("round %d", round).isTrue();
      assertThat(got).as("received in round %d", round).isEqualTo(1);
      assertThat(here.code()).as("round %d", round).isEqualTo(expected);
      assertThat(there.code()).as("round %d", round).isEqualTo(expected);
    }
  }

  private static boolean sendOneAndEnd(Sender<Note> sender, boolean fails) throws Exception {
    boolean sent;
    try {
      sender.send(Note.of(1), BOUND);
      sent = true;
    } catch (ChannelReset e) {
      assertThat(e.reason().code()).isEqualTo(ReasonCode.CANCELLED);
      sent = false;
    }
    if (fails) {
      sender.fail("broken");
    } else {
      sender.close();
    }
    return sent;
  }

  private static int receiveSome(Receiver<Note> receiver, boolean cancels, int patience)
      throws Exception {
    int got = 0;
    try {
      if (!cancels) {
        while (receiver.receive(BOUND) != null) {
          got++;
        }
        return got;
      }
      for (int i = 0; i < patience; i++) {
        if (receiver.receive(Duration.ofNanos(20_000L * patience)) == null) {
          break;
        }
        got++;
      }
    } catch (ChannelException e) {
      assertThat(e.reason().code()).isEqualTo(ReasonCode.FAILED);
    } catch (TimeoutException e) {
      assertThat(cancels).as("no end within the bound").isTrue();
    }
    receiver.close();
    return got;
  }

  private static void close(ChannelPair<Note> channel) throws Exception {
    channel.sender().close();
    channel.expectEnd();
  }
}
