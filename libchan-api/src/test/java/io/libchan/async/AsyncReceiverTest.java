package io.libchan.async;

import static io.libchan.async.Loop.failure;
import static io.libchan.async.Loop.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.spi.Ends;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AsyncReceiverTest {
  private final Loop loop = new Loop();
  private final Channel<Integer> channel = Channel.of(Integer.class);
  private final Sender<Integer> sender = channel.sender();
  private final Receiver<Integer> receiver = channel.receiver();
  private final AsyncReceiver<Integer> async = Async.of(receiver, loop);

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  @Test
  void completesWithTheMessageThatIsThereOrComes() throws Exception {
    sender.send(1);
    assertThat(value(async.receive())).isEqualTo(1);
    CompletableFuture<Integer> later = async.receive();
    loop.settle();
    assertThat(later).isNotDone();
    sender.send(2);
    assertThat(value(later)).isEqualTo(2);
  }

  @Test
  void servesInTheOrderAskedFor() throws Exception {
    List<CompletableFuture<Integer>> asked = ask(100);
    for (int i = 0; i < 100; i++) {
      sender.send(i);
    }
    for (int i = 0; i < 100; i++) {
      assertThat(value(asked.get(i))).isEqualTo(i);
    }
  }

  @Test
  void completesOnTheExecutorAndNotInSend() throws Exception {
    CompletableFuture<Boolean> where = async.receive().thenApply(message -> Loop.isHere());
    loop.settle();
    sender.send(1);
    assertThat(value(where)).isTrue();
  }

  @Test
  void givesNullAtTheCleanEndOnly() throws Exception {
    List<CompletableFuture<Integer>> asked = ask(3);
    sender.send(1);
    sender.close();
    assertThat(value(asked.get(0))).isEqualTo(1);
    assertThat(value(asked.get(1))).isNull();
    assertThat(value(asked.get(2))).isNull();
    assertThat(value(async.receive())).isNull();
  }

  @Test
  void failsWithTheReasonAfterTheMessagesBefore() throws Exception {
    List<CompletableFuture<Integer>> asked = ask(3);
    sender.send(1);
    sender.fail("enough");
    assertThat(value(asked.get(0))).isEqualTo(1);
    for (CompletableFuture<Integer> one : asked.subList(1, 3)) {
      assertThat(failure(one))
          .isInstanceOfSatisfying(
              ChannelReset.class, e -> assertThat(e.reason().message()).isEqualTo("enough"));
    }
    assertThat(failure(asked.get(1))).isNotSameAs(failure(asked.get(2)));
  }

  @Test
  void anEndClosedHereFailsWhatWaits() throws Exception {
    List<CompletableFuture<Integer>> asked = ask(2);
    loop.settle();
    receiver.close();
    assertThat(failure(asked.get(0))).isInstanceOf(IllegalStateException.class);
    assertThat(failure(asked.get(1))).isInstanceOf(IllegalStateException.class);
    assertThat(failure(async.receive())).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anEndSentAwayFailsWhatWaits() throws Exception {
    CompletableFuture<Integer> asked = async.receive();
    loop.settle();
    Channel<Integer> peer = Channel.of(Integer.class);
    Away.send(receiver, Ends.port(peer.sender()));
    assertThat(failure(asked)).isInstanceOf(IllegalStateException.class);
    sender.send(7);
    assertThat(peer.receiver().receive()).isEqualTo(7);
  }

  @Test
  void followsASenderThatWasSentAway() throws Exception {
    sender.send(1);
    List<CompletableFuture<Integer>> asked = ask(3);
    assertThat(value(asked.get(0))).isEqualTo(1);
    loop.settle();
    Channel<Integer> peer = Channel.of(Integer.class);
    Away.send(sender, Ends.port(peer.receiver()));
    loop.settle();
    peer.sender().send(2);
    assertThat(value(asked.get(1))).isEqualTo(2);
    peer.sender().close();
    assertThat(value(asked.get(2))).isNull();
  }

  @Test
  void aCancelledFutureTakesNothing() throws Exception {
    List<CompletableFuture<Integer>> asked = ask(3);
    loop.settle();
    assertThat(asked.get(0).cancel(false)).isTrue();
    assertThat(asked.get(1).completeExceptionally(new TimeoutException())).isTrue();
    sender.send(1);
    assertThat(value(asked.get(2))).isEqualTo(1);
    assertThat(failure(asked.get(0))).isInstanceOf(CancellationException.class);
    assertThat(asked.get(0).cancel(true)).isTrue();
    assertThat(asked.get(2).cancel(true)).isFalse();
  }

  @Test
  void aFutureThatTimesOutTakesNothing() throws Exception {
    CompletableFuture<Integer> late = async.receive().orTimeout(1, TimeUnit.MILLISECONDS);
    assertThat(failure(late)).isInstanceOf(TimeoutException.class);
    sender.send(1);
    assertThat(receiver.receive()).isEqualTo(1);
  }

  @Test
  void cancelledFuturesLeaveTheWaitersOfOthersTheirTurn() throws Exception {
    CompletableFuture<Integer> first = async.receive();
    loop.settle();
    AsyncReceiver<Integer> other = Async.of(receiver, loop);
    CompletableFuture<Integer> second = other.receive();
    loop.settle();
    first.cancel(false);
    sender.send(1);
    assertThat(value(second)).isEqualTo(1);
  }

  @Test
  void tenThousandWaitWithoutAThread() throws Exception {
    async.receive().cancel(false);
    loop.settle();
    int before = Thread.activeCount();
    List<CompletableFuture<Integer>> asked = ask(10_000);
    Channel<Integer> idle = Channel.of(Integer.class);
    for (int i = 0; i < 10_000; i++) {
      asked.add(Async.of(idle.receiver(), loop).receive());
    }
    loop.settle();
    assertThat(Thread.activeCount()).isLessThanOrEqualTo(before + 1);
    for (int i = 0; i < 10_000; i++) {
      sender.send(i);
      idle.sender().send(i);
    }
    long sum = 0;
    for (CompletableFuture<Integer> one : asked) {
      sum += value(one);
    }
    assertThat(sum).isEqualTo(2L * IntStream.range(0, 10_000).sum());
  }

  @Test
  void racingCancelsLoseNoMessage() throws Exception {
    long seed = Long.getLong("libchan.seed", System.nanoTime());
    System.out.println("racingCancelsLoseNoMessage: -Dlibchan.seed=" + seed);
    Random random = new Random(seed);
    int rounds = 20_000;
    AtomicInteger next = new AtomicInteger();
    CompletableFuture<Void> sending =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (int i = 0; i < rounds; i++) {
                  sender.send(next.getAndIncrement());
                }
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    List<Integer> received = new ArrayList<>();
    while (received.size() < rounds) {
      CompletableFuture<Integer> one = async.receive();
      for (int spins = random.nextInt(200); spins > 0; spins--) {
        Thread.onSpinWait();
      }
      if (random.nextBoolean()) {
        one.cancel(false);
      }
      value(one.handle((message, failure) -> failure == null && received.add(message)));
    }
    value(sending);
    assertThat(received).isEqualTo(IntStream.range(0, rounds).boxed().toList());
  }

  @Test
  void anExecutorThatRefusesFailsTheFuture() throws Exception {
    AsyncReceiver<Integer> refused =
        Async.of(
            receiver,
            task -> {
              throw new RejectedExecutionException("full");
            });
    assertThat(failure(refused.receive())).isInstanceOf(RejectedExecutionException.class);
    sender.send(1);
    assertThat(receiver.receive()).isEqualTo(1);
  }

  @Test
  void aRejectedMessageFailsItsFutureOnly() throws Exception {
    Channel<Integer> peer = Channel.of(Integer.class);
    Away.send(
        sender,
        new PickyPort<>(
            Ends.port(peer.receiver()),
            message -> message == 2 ? Reason.of(ReasonCode.TYPE_MISMATCH, "two") : null));
    for (int i = 1; i <= 3; i++) {
      peer.sender().send(i);
    }
    List<CompletableFuture<Integer>> asked = ask(3);
    assertThat(value(asked.get(0))).isEqualTo(1);
    assertThat(failure(asked.get(1))).isInstanceOf(io.libchan.MessageRejected.class);
    assertThat(value(asked.get(2))).isEqualTo(3);
  }

  @Test
  void misuseIsThrownAtOnce() {
    assertThatThrownBy(() -> Async.of(receiver, null)).isInstanceOf(NullPointerException.class);
  }

  private List<CompletableFuture<Integer>> ask(int count) {
    List<CompletableFuture<Integer>> asked = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      asked.add(async.receive());
    }
    return asked;
  }
}
