package io.libchan.async;

import static io.libchan.async.Loop.failure;
import static io.libchan.async.Loop.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Ends;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AsyncSenderTest {
  private final Loop loop = new Loop();

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  @Test
  void waitsForRoomAndKeepsTheOrder() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class, 2);
    AsyncSender<Integer> async = Async.of(channel.sender(), loop);
    List<CompletableFuture<Void>> sent = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      sent.add(async.send(i));
    }
    value(sent.get(1));
    loop.settle();
    assertThat(sent.get(2)).isNotDone();
    for (int i = 0; i < 10; i++) {
      assertThat(channel.receiver().receive()).isEqualTo(i);
      value(sent.get(Math.min(9, i + 2)));
    }
  }

  @Test
  void aRendezvousCompletesWhenTheMessageIsTaken() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class, 0);
    AsyncSender<Integer> async = Async.of(channel.sender(), loop);
    CompletableFuture<Boolean> first = async.send(1).thenApply(nothing -> Loop.isHere());
    CompletableFuture<Void> second = async.send(2);
    loop.settle();
    assertThat(first).isNotDone();
    assertThat(channel.receiver().receive()).isEqualTo(1);
    assertThat(value(first)).isTrue();
    loop.settle();
    assertThat(second).isNotDone();
    assertThat(channel.receiver().receive()).isEqualTo(2);
    value(second);
  }

  @Test
  void aCancelledMessageIsNotSent() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class, 1);
    AsyncSender<Integer> async = Async.of(channel.sender(), loop);
    value(async.send(1));
    CompletableFuture<Void> second = async.send(2);
    CompletableFuture<Void> third = async.send(3);
    loop.settle();
    assertThat(second.cancel(false)).isTrue();
    assertThat(channel.receiver().receive()).isEqualTo(1);
    assertThat(channel.receiver().receive()).isEqualTo(3);
    value(third);
  }

  @Test
  void aRendezvousThatIsCancelledIsAskedBack() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class, 0);
    AsyncSender<Integer> async = Async.of(channel.sender(), loop);
    CompletableFuture<Void> first = async.send(1);
    CompletableFuture<Void> second = async.send(2).orTimeout(15, TimeUnit.SECONDS);
    loop.settle();
    first.completeExceptionally(new TimeoutException("mine"));
    assertThat(failure(first)).isInstanceOf(TimeoutException.class).hasMessage("mine");
    assertThat(channel.receiver().receive()).isEqualTo(2);
    value(second);
  }

  @Test
  void flushCompletesWhenEverythingBeforeWasReceived() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class, 2);
    AsyncSender<Integer> async = Async.of(channel.sender(), loop);
    value(async.flush());
    List<CompletableFuture<Void>> sent = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      sent.add(async.send(i));
    }
    CompletableFuture<Void> flushed = async.flush();
    CompletableFuture<Void> givenUp = async.flush();
    for (int i = 0; i < 3; i++) {
      loop.settle();
      assertThat(flushed).isNotDone();
      assertThat(channel.receiver().receive()).isEqualTo(i);
    }
    value(flushed);
    assertThat(sent).allMatch(CompletableFuture::isDone);
    givenUp.cancel(false);
    channel.sender().close();
    value(async.flush());
  }

  @Test
  void flushFailsWhenTheReceiverCancels() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class);
    AsyncSender<Integer> async = Async.of(channel.sender(), loop);
    value(async.send(1));
    CompletableFuture<Void> flushed = async.flush();
    loop.settle();
    channel.receiver().close(Reason.of(ReasonCode.CANCELLED, "no more"));
    assertThat(failure(flushed)).isInstanceOf(ChannelReset.class).hasMessageContaining("no more");
    assertThat(failure(async.send(2))).isInstanceOf(ChannelReset.class);
  }

  @Test
  void anEndClosedHereFailsWhatWaits() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class, 1);
    AsyncSender<Integer> async = Async.of(channel.sender(), loop);
    value(async.send(1));
    CompletableFuture<Void> waiting = async.send(2);
    loop.settle();
    channel.sender().close();
    assertThat(failure(waiting)).isInstanceOf(IllegalStateException.class);
    assertThat(failure(async.send(3))).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anEndSentAwayFailsWhatWaits() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class, 1);
    AsyncSender<Integer> async = Async.of(channel.sender(), loop);
    value(async.send(1));
    CompletableFuture<Void> waiting = async.send(2);
    loop.settle();
    Channel<Integer> peer = Channel.of(Integer.class);
    Away.send(channel.sender(), Ends.port(peer.receiver()));
    assertThat(failure(waiting)).isInstanceOf(IllegalStateException.class);
    assertThat(failure(async.flush())).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void followsAReceiverThatWasSentAway() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class, 1);
    AsyncSender<Integer> async = Async.of(channel.sender(), loop);
    value(async.send(1));
    CompletableFuture<Void> second = async.send(2);
    CompletableFuture<Void> flushed = async.flush();
    loop.settle();
    Channel<Integer> peer = Channel.of(Integer.class, 1);
    AskedPort<Integer> asked = new AskedPort<>(Ends.port(peer.sender()));
    Away.send(channel.receiver(), asked);
    assertThat(peer.receiver().receive()).isEqualTo(1);
    value(second);
    loop.settle();
    assertThat(flushed).isNotDone();
    assertThat(peer.receiver().receive()).isEqualTo(2);
    value(flushed);
  }

  @Test
  void racingCancelsAreAnsweredTruthfully() throws Exception {
    long seed = Long.getLong("libchan.seed", System.nanoTime());
    System.out.println("racingCancelsAreAnsweredTruthfully: -Dlibchan.seed=" + seed);
    for (int capacity : new int[] {0, 1, 4}) {
      Channel<Integer> channel = Channel.of(Integer.class, capacity);
      CompletableFuture<List<Integer>> received =
          CompletableFuture.supplyAsync(() -> drain(channel));
      List<Integer> delivered = sendAndCancel(channel, new Random(seed + capacity));
      channel.sender().close();
      assertThat(value(received)).isEqualTo(delivered);
    }
  }

  private List<Integer> sendAndCancel(Channel<Integer> channel, Random random) throws Exception {
    AsyncSender<Integer> async = Async.of(channel.sender(), loop);
    List<Integer> delivered = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      CompletableFuture<Void> sent = async.send(i);
      for (int spins = random.nextInt(300); spins > 0; spins--) {
        Thread.onSpinWait();
      }
      if (random.nextBoolean()) {
        sent.cancel(false);
      }
      if (failure(sent) == null) {
        delivered.add(i);
      }
    }
    return delivered;
  }

  private static List<Integer> drain(Channel<Integer> channel) {
    List<Integer> all = new ArrayList<>();
    channel.receiver().forEach(all::add);
    return all;
  }

  @Test
  void anExecutorThatRefusesFailsTheFuture() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class);
    AsyncSender<Integer> refused =
        Async.of(
            channel.sender(),
            task -> {
              throw new RejectedExecutionException("full");
            });
    assertThat(failure(refused.send(1))).isInstanceOf(RejectedExecutionException.class);
    assertThat(failure(refused.flush())).isInstanceOf(RejectedExecutionException.class);
    assertThat(channel.receiver().poll()).isNull();
  }

  @Test
  void misuseIsThrownAtOnce() {
    AsyncSender<Integer> async = Async.of(Channel.of(Integer.class).sender(), loop);
    assertThatThrownBy(() -> async.send(null)).isInstanceOf(NullPointerException.class);
  }
}
