package io.libchan.async;

import static io.libchan.async.Loop.failure;
import static io.libchan.async.Loop.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Select;
import io.libchan.spi.Ends;
import io.libchan.spi.Selection;
import io.libchan.spi.Waiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AsyncSelectTest {
  private static final Duration SHORT = Duration.ofMillis(20);

  private final Loop loop = new Loop();
  private final ConcurrentLinkedQueue<String> done = new ConcurrentLinkedQueue<>();
  private final Channel<Integer> left = Channel.of(Integer.class, 4);
  private final Channel<Integer> right = Channel.of(Integer.class, 4);
  private final Channel<Integer> met = Channel.of(Integer.class, 0);
  private final Select select =
      Select.select()
          .receive(left.receiver(), value -> note("left " + value))
          .receive(right.receiver(), value -> note("right " + value));

  private void note(String what) {
    assertThat(Loop.isHere()).isTrue();
    done.add(what);
  }

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  @Test
  void anOfferAskedBackWhileItsChannelMovesIsAnswered() throws Exception {
    Channel<Integer> peer = Channel.of(Integer.class, 0);
    Selection run =
        Ends.begin(
            Select.select()
                .receive(left.receiver(), value -> {})
                .send(met.sender(), 3, () -> done.add("met")));
    AtomicInteger signals = new AtomicInteger();
    Waiter waiter = signals::incrementAndGet;
    assertThat(run.advance()).isFalse();
    run.await(waiter);
    AskedPort<Integer> target =
        new AskedPort<>(Ends.port(peer.sender())) {
          @Override
          public long trySend(Integer message) throws ChannelException {
            long number = super.trySend(message);
            assertThat(run.advance()).isFalse(); // on its way, so nobody can tell yet
            return number;
          }
        };
    Away.send(met.receiver(), target);
    signals.set(0);
    run.await(waiter);
    assertThat(signals).hasValue(1);
    assertThat(run.advance()).isFalse(); // it came back from there
    run.await(waiter);
    while (peer.receiver().poll() == null) {
      assertThat(run.advance()).isFalse();
      run.await(waiter); // having rested for a while, it offers it again
    }
    assertThat(run.advance()).isTrue();
    assertThat(run.conclude()).isTrue();
    assertThat(done).containsExactly("met");
  }

  @Test
  void completesWhenAClauseHasRun() throws Exception {
    left.sender().send(1);
    assertThat(value(Async.run(select, loop))).isTrue();
    CompletableFuture<Boolean> waiting = Async.run(select, loop);
    loop.settle();
    assertThat(waiting).isNotDone();
    CompletableFuture<Boolean> here = waiting.thenApply(ran -> ran && Loop.isHere());
    right.sender().send(2);
    assertThat(value(here)).isTrue();
    assertThat(done).containsExactly("left 1", "right 2");
  }

  @Test
  void theNextRunMayFollowFromTheFuture() throws Exception {
    for (int i = 0; i < 4; i++) {
      left.sender().send(i);
    }
    CompletableFuture<Boolean> all =
        Async.run(select, loop)
            .thenCompose(ran -> Async.run(select, loop))
            .thenCompose(ran -> Async.run(select, loop))
            .thenCompose(ran -> Async.run(select, loop));
    assertThat(value(all)).isTrue();
    assertThat(done).hasSize(4);
  }

  @Test
  void timesOutAndEnds() throws Exception {
    select.after(SHORT, () -> note("late"));
    assertThat(value(Async.run(select, loop))).isTrue();
    assertThat(done).containsExactly("late");
    left.sender().close();
    CompletableFuture<Boolean> waiting = Async.run(select, loop);
    right.sender().close();
    assertThat(value(waiting)).isFalse();
  }

  @Test
  void failsAsRunDoes() throws Exception {
    CompletableFuture<Boolean> waiting = Async.run(select, loop);
    left.sender().fail("broken");
    assertThat(failure(waiting)).isInstanceOf(ChannelReset.class);
    CompletableFuture<Boolean> misused =
        Async.run(Select.select().receive(right.receiver(), value -> {}), loop);
    right.receiver().close();
    assertThat(failure(misused)).isInstanceOf(IllegalStateException.class);
    CompletableFuture<Boolean> thrown =
        Async.run(
            Select.select()
                .receive(
                    met.receiver(),
                    value -> {
                      throw new InterruptedException("mine");
                    }),
            loop);
    met.sender().send(1);
    assertThat(failure(thrown)).isInstanceOf(InterruptedException.class).hasMessage("mine");
  }

  @Test
  void aCancelTakesNothingAndFreesTheSelect() throws Exception {
    CompletableFuture<Boolean> waiting = Async.run(select, loop);
    assertThatThrownBy(() -> Async.run(select, loop)).isInstanceOf(IllegalStateException.class);
    loop.settle();
    waiting.cancel(false);
    assertThat(failure(waiting)).isInstanceOf(CancellationException.class);
    assertThat(waiting).isCancelled();
    left.sender().send(1);
    loop.settle();
    assertThat(done).isEmpty();
    assertThat(value(Async.run(select, loop))).isTrue();
    assertThat(done).containsExactly("left 1");
  }

  @Test
  void theFuturesOwnTimeoutGivesUp() throws Exception {
    CompletableFuture<Boolean> waiting =
        Async.run(select, loop).orTimeout(SHORT.toMillis(), TimeUnit.MILLISECONDS);
    assertThat(failure(waiting)).isInstanceOf(TimeoutException.class);
    right.sender().send(1);
    assertThat(value(Async.run(select, loop))).isTrue();
  }

  @Test
  void aCancelPassesTheWakeUpOn() throws Exception {
    CompletableFuture<Boolean> first = Async.run(select, loop);
    loop.settle();
    CompletableFuture<Integer> second = Async.of(left.receiver(), loop).receive();
    loop.settle();
    first.cancel(false);
    left.sender().send(1);
    assertThat(value(second)).isEqualTo(1);
  }

  @Test
  void aMessageOnOfferIsAskedBack() throws Exception {
    Select offering =
        Select.select()
            .send(met.sender(), 1, () -> note("met"))
            .receive(left.receiver(), value -> note("left " + value));
    CompletableFuture<Boolean> given = Async.run(offering, loop);
    loop.settle();
    given.completeExceptionally(new TimeoutException("mine"));
    assertThat(failure(given)).isInstanceOf(TimeoutException.class).hasMessage("mine");
    assertThat(met.receiver().poll()).isNull();
    CompletableFuture<Boolean> taken = Async.run(offering, loop);
    assertThat(met.receiver().receive()).isEqualTo(1);
    assertThat(value(taken)).isTrue();
    CompletableFuture<Boolean> other = Async.run(offering, loop);
    loop.settle();
    left.sender().send(2);
    assertThat(value(other)).isTrue();
    assertThat(met.receiver().poll()).isNull();
    assertThat(done).containsExactly("met", "left 2");
  }

  @Test
  void anEndIsTold() throws Exception {
    Select telling =
        Select.select().send(met.sender(), 1, () -> {}, reason -> note(reason.message()));
    CompletableFuture<Boolean> waiting = Async.run(telling, loop);
    loop.settle();
    met.receiver().close(Reason.of(ReasonCode.CANCELLED, "no more"));
    assertThat(value(waiting)).isTrue();
    assertThat(done).containsExactly("no more");
    assertThat(value(Async.run(telling, loop))).isFalse();
  }

  @Test
  void anExecutorThatRefusesFailsTheFutureAndTakesNothing() throws Exception {
    left.sender().send(1);
    CompletableFuture<Boolean> refused =
        Async.run(
            select,
            task -> {
              throw new RejectedExecutionException("full");
            });
    assertThat(failure(refused)).isInstanceOf(RejectedExecutionException.class);
    assertThat(value(Async.run(select, loop))).isTrue();
    assertThat(done).containsExactly("left 1");
  }

  @Test
  void manyWaitWithoutAThread() throws Exception {
    List<CompletableFuture<Boolean>> all = new ArrayList<>();
    AtomicInteger sum = new AtomicInteger();
    for (int i = 0; i < 5000; i++) {
      all.add(
          Async.run(
              Select.select()
                  .receive(left.receiver(), sum::addAndGet)
                  .receive(right.receiver(), sum::addAndGet)
                  .after(Duration.ofHours(1), () -> {}),
              loop));
    }
    for (int i = 0; i < 5000; i++) {
      (i % 2 == 0 ? left : right).sender().send(1, Duration.ofSeconds(15));
    }
    for (CompletableFuture<Boolean> one : all) {
      assertThat(value(one)).isTrue();
    }
    assertThat(sum).hasValue(5000);
  }

  @Test
  void racingCancelsAreAnsweredTruthfully() throws Exception {
    long seed = Long.getLong("libchan.seed", System.nanoTime());
    System.out.println("AsyncSelectTest.racingCancels: -Dlibchan.seed=" + seed);
    Random random = new Random(seed);
    AtomicInteger ran = new AtomicInteger();
    Select racing =
        Select.select()
            .send(met.sender(), 1, ran::incrementAndGet)
            .receive(left.receiver(), value -> ran.incrementAndGet());
    CompletableFuture<Integer> received = CompletableFuture.supplyAsync(() -> drain(met));
    int sent = 0;
    int reported = 0;
    for (int i = 0; i < 10_000; i++) {
      CompletableFuture<Boolean> run = Async.run(racing, loop);
      if (random.nextInt(3) == 0 && left.sender().trySend(i)) {
        sent++;
      }
      for (int spins = random.nextInt(300); spins > 0; spins--) {
        Thread.onSpinWait();
      }
      if (random.nextBoolean()) {
        run.cancel(false);
      }
      if (failure(run) == null) {
        reported++;
      }
    }
    met.sender().close();
    int queued = 0;
    while (left.receiver().poll() != null) {
      queued++;
    }
    loop.settle();
    assertThat(ran).hasValue(reported);
    assertThat(value(received) + sent - queued).isEqualTo(reported);
  }

  private static int drain(Channel<Integer> channel) {
    int all = 0;
    for (Integer ignored : channel.receiver()) {
      all++;
    }
    return all;
  }

  @Test
  void anEndSentAwayIsMisuse() throws Exception {
    CompletableFuture<Boolean> waiting = Async.run(select, loop);
    loop.settle();
    Away.send(left.receiver(), Ends.port(Channel.of(Integer.class).sender()));
    assertThat(failure(waiting)).isInstanceOf(IllegalStateException.class);
  }
}
