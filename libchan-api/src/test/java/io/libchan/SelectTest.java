package io.libchan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.async.Away;
import io.libchan.spi.Ends;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

final class SelectTest {
  private static final Duration BOUND = Duration.ofSeconds(15);
  private static final Duration SHORT = Duration.ofMillis(20);

  private final List<String> done = new ArrayList<>();

  // ---- helpers ----

  /** A call on a thread of its own. */
  private record Waiting<T>(FutureTask<T> task, Thread thread) {
    static <T> Waiting<T> start(Callable<T> call) {
      FutureTask<T> task = new FutureTask<>(call);
      Thread thread = new Thread(task, "waiting");
      thread.setDaemon(true);
      thread.start();
      return new Waiting<>(task, thread);
    }

    Waiting<T> awaitBlocked() {
      until(
          "a call that waits",
          () -> {
            Thread.State state = thread.getState();
            return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
          });
      assertThat(task.isDone()).isFalse();
      return this;
    }

    T result() throws Exception {
      return task.get(BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    Throwable failure() {
      try {
        throw new AssertionError("no failure but " + result());
      } catch (Exception e) {
        return e.getCause();
      }
    }
  }

  private static void until(String what, BooleanSupplier holds) {
    long deadline = System.nanoTime() + BOUND.toNanos();
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as(what).isNegative();
      LockSupport.parkNanos(100_000);
    }
  }

  private Select.Handler<Object> note(String name) {
    return value -> done.add(name + value);
  }

  private Select.Action noted(String name) {
    return () -> done.add(name);
  }

  private static Channel<Integer> channel(int capacity, Integer... messages) throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class, capacity);
    for (Integer message : messages) {
      channel.sender().send(message);
    }
    return channel;
  }

  /** Everything that waits in a channel. */
  private static List<Integer> queued(Channel<Integer> channel) throws Exception {
    List<Integer> all = new ArrayList<>();
    for (Integer next = channel.receiver().poll(); next != null; next = channel.receiver().poll()) {
      all.add(next);
    }
    return all;
  }

  // ---- one clause ----

  @Test
  void aMessageThatIsThereIsReceived() throws Exception {
    Channel<Integer> empty = channel(4);
    Channel<Integer> full = channel(4, 1, 2);
    assertThat(
            Select.select()
                .receive(empty.receiver(), note("empty "))
                .receive(full.receiver(), note("full "))
                .run())
        .isTrue();
    assertThat(done).containsExactly("full 1");
    assertThat(queued(full)).containsExactly(2);
  }

  @Test
  void aMessageThatComesLaterIsReceived() throws Exception {
    Channel<Integer> left = channel(4);
    Channel<Integer> right = channel(4);
    Select select =
        Select.select()
            .receive(left.receiver(), note("left "))
            .receive(right.receiver(), note("right "));
    for (int i = 0; i < 20; i++) {
      Channel<Integer> used = i % 2 == 0 ? left : right;
      Waiting<Boolean> waiting = Waiting.start(select::run).awaitBlocked();
      used.sender().send(i);
      assertThat(waiting.result()).isTrue();
      assertThat(done).last().isEqualTo((i % 2 == 0 ? "left " : "right ") + i);
    }
    assertThat(queued(left)).isEmpty();
    assertThat(queued(right)).isEmpty();
  }

  @Test
  void aMessageIsSentWhereThereIsRoom() throws Exception {
    Channel<Integer> full = channel(1, 1);
    Channel<Integer> free = channel(1);
    assertThat(
            Select.select()
                .send(full.sender(), 2, noted("full"))
                .send(free.sender(), 3, noted("free"))
                .run())
        .isTrue();
    assertThat(done).containsExactly("free");
    assertThat(queued(full)).containsExactly(1);
    assertThat(queued(free)).containsExactly(3);
  }

  @Test
  void aMessageIsSentWhenThereComesToBeRoom() throws Exception {
    Channel<Integer> full = channel(1, 1);
    Channel<Integer> empty = channel(1);
    Waiting<Boolean> waiting =
        Waiting.start(
                Select.select()
                        .send(full.sender(), 2, noted("sent"))
                        .receive(empty.receiver(), note("received "))
                    ::run)
            .awaitBlocked();
    assertThat(full.receiver().receive()).isEqualTo(1);
    assertThat(waiting.result()).isTrue();
    assertThat(done).containsExactly("sent");
    assertThat(full.receiver().receive()).isEqualTo(2);
  }

  @Test
  void aWakeUpForAnotherClauseIsPassedOn() throws Exception {
    for (int i = 0; i < 200; i++) {
      Channel<Integer> left = channel(4);
      Channel<Integer> right = channel(4);
      Waiting<Boolean> select =
          Waiting.start(
                  Select.select()
                          .receive(left.receiver(), value -> {})
                          .receive(right.receiver(), value -> {})
                      ::run)
              .awaitBlocked();
      Waiting<Integer> plain = Waiting.start(() -> left.receiver().receive()).awaitBlocked();
      // Both channels wake the select, which takes one message: the other one is the receiver's,
      // or stays queued.
      left.sender().send(1);
      right.sender().send(2);
      assertThat(select.result()).isTrue();
      if (right.receiver().poll() == null) {
        assertThat(plain.result()).isEqualTo(1);
      } else {
        left.sender().send(3);
        assertThat(plain.result()).isBetween(1, 3);
      }
    }
  }

  // ---- time-out, default ----

  @Test
  void theTimeoutRunsWhenNothingElseDoes() throws Exception {
    Channel<Integer> full = channel(1, 1);
    Channel<Integer> empty = channel(1);
    Channel<Integer> rendezvous = channel(0);
    long begin = System.nanoTime();
    assertThat(
            Select.select()
                .send(full.sender(), 2, noted("sent"))
                .send(rendezvous.sender(), 3, noted("met"))
                .receive(empty.receiver(), note("received "))
                .after(SHORT, noted("late"))
                .run())
        .isTrue();
    assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(SHORT.toNanos());
    assertThat(done).containsExactly("late");
    assertThat(queued(full)).containsExactly(1);
    assertThat(queued(rendezvous)).isEmpty();
  }

  @Test
  void aTimeoutOfZeroDoesNotWait() throws Exception {
    Channel<Integer> channel = channel(1);
    Select select =
        Select.select().receive(channel.receiver(), note("")).after(Duration.ZERO, noted("late"));
    select.run();
    channel.sender().send(7);
    select.run();
    assertThat(done).containsExactly("late", "7");
  }

  @Test
  void theDefaultRunsIfNothingIsReady() throws Exception {
    Channel<Integer> channel = channel(1);
    Channel<Integer> rendezvous = channel(0);
    Select select =
        Select.select()
            .receive(channel.receiver(), note(""))
            .send(rendezvous.sender(), 3, noted("met"))
            .after(BOUND, noted("late"))
            .orElse(noted("else"));
    select.run();
    channel.sender().send(7);
    select.run();
    select.run();
    assertThat(done).containsExactly("else", "7", "else");
    assertThat(queued(rendezvous)).isEmpty();
  }

  // ---- fairness ----

  @Test
  void noBusyClauseKeepsAnotherOneWaiting() throws Exception {
    AtomicInteger[] counts = new AtomicInteger[5];
    Select select = Select.select();
    for (int i = 0; i < 5; i++) {
      AtomicInteger count = new AtomicInteger();
      counts[i] = count;
      if (i % 2 == 0) {
        Channel<Integer> channel = channel(2000);
        for (int k = 0; k < 1000; k++) {
          channel.sender().send(k);
        }
        select.receive(channel.receiver(), value -> count.incrementAndGet());
      } else {
        select.send(channel(2000).sender(), 1, count::incrementAndGet);
      }
    }
    for (int i = 0; i < 1000; i++) {
      select.run();
    }
    // 200 are expected of each; less than 100 or more than 300 in 1e-13 of all runs.
    assertThat(counts).allSatisfy(count -> assertThat(count.get()).isBetween(100, 300));
  }

  @Test
  void inOrderTheFirstOneThatIsReadyRuns() throws Exception {
    Channel<Integer> first = channel(4);
    Channel<Integer> second = channel(4, 1, 2, 3);
    Select select =
        Select.select()
            .receive(first.receiver(), note("first "))
            .receive(second.receiver(), note("second "))
            .inOrder();
    select.run();
    first.sender().send(7);
    select.run();
    select.run();
    assertThat(done).containsExactly("second 1", "first 7", "second 2");
  }

  // ---- the end ----

  @Test
  void anEndedChannelIsTakenOutAndTheLastOneEndsTheSelect() throws Exception {
    Channel<Integer> left = channel(4, 1, 2);
    Channel<Integer> right = channel(4, 3);
    Channel<Integer> out = channel(4);
    left.sender().close();
    Select merge =
        Select.select()
            .receive(left.receiver(), out.sender()::send)
            .receive(right.receiver(), out.sender()::send);
    merge.run();
    merge.run();
    merge.run();
    assertThat(queued(out)).containsExactlyInAnyOrder(1, 2, 3);
    Waiting<Boolean> waiting = Waiting.start(merge::run).awaitBlocked();
    right.sender().close();
    assertThat(waiting.result()).isFalse();
    assertThat(merge.run()).isFalse();
    assertThat(left.receiver().ended()).isTrue();
    assertThat(right.receiver().ended()).isTrue();
  }

  @Test
  void whenAllHaveEndedNeitherTimeoutNorDefaultRuns() throws Exception {
    Channel<Integer> channel = channel(4);
    channel.sender().close();
    assertThat(
            Select.select()
                .receive(channel.receiver(), note(""))
                .after(BOUND, noted("late"))
                .orElse(noted("else"))
                .run())
        .isFalse();
    assertThat(Select.select().run()).isFalse();
    assertThat(done).isEmpty();
  }

  @Test
  void anEndThatIsAskedForIsToldOnce() throws Exception {
    Channel<Integer> left = channel(4, 1);
    Channel<Integer> right = channel(4);
    Select select =
        Select.select()
            .receive(left.receiver(), note("left "), reason -> done.add("left " + reason.isEnd()))
            .receive(right.receiver(), note("right "), reason -> done.add(reason.message()));
    left.sender().close();
    assertThat(select.run()).isTrue();
    assertThat(select.run()).isTrue();
    right.sender().fail("broken");
    assertThat(select.run()).isTrue();
    assertThat(select.run()).isFalse();
    assertThat(done).containsExactly("left 1", "left true", "broken");
  }

  @Test
  void aFailedChannelThrowsAtEachRun() throws Exception {
    Channel<Integer> failed = channel(4, 1);
    Channel<Integer> empty = channel(4);
    Select select =
        Select.select()
            .receive(failed.receiver(), note(""))
            .receive(empty.receiver(), note("empty "))
            .after(BOUND, noted("late"));
    failed.sender().fail("broken");
    select.run();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(select::run)
          .isInstanceOf(ChannelReset.class)
          .hasMessageContaining("broken");
    }
    assertThat(done).containsExactly("1");
  }

  @Test
  void aChannelThatFailsMeanwhileThrows() throws Exception {
    Channel<Integer> channel = channel(4);
    Channel<Integer> other = channel(4);
    Waiting<Boolean> waiting =
        Waiting.start(
                Select.select()
                        .receive(other.receiver(), note(""))
                        .receive(channel.receiver(), note(""))
                    ::run)
            .awaitBlocked();
    channel.sender().fail("broken");
    assertThat(waiting.failure()).isInstanceOf(ChannelReset.class).hasMessageContaining("broken");
  }

  @Test
  void aReceiverThatCancelsFailsTheSendOrIsTold() throws Exception {
    for (int capacity = 0; capacity < 2; capacity++) {
      done.clear();
      Channel<Integer> channel = Channel.of(Integer.class, capacity);
      if (capacity > 0) {
        channel.sender().send(0);
      }
      Waiting<Boolean> waiting =
          Waiting.start(Select.select().send(channel.sender(), 1, noted("sent"))::run)
              .awaitBlocked();
      Waiting<Boolean> told =
          Waiting.start(
                  Select.select()
                          .send(
                              channel.sender(),
                              2,
                              noted("sent"),
                              reason -> done.add(reason.message()))
                      ::run)
              .awaitBlocked();
      channel.receiver().close(Reason.of(ReasonCode.CANCELLED, "no more"));
      assertThat(waiting.failure()).isInstanceOf(ChannelReset.class);
      assertThat(told.result()).isTrue();
      assertThat(done).containsExactly("no more");
    }
  }

  // ---- rendezvous ----

  @Test
  void aRendezvousIsReadyWhenAReceiverTakesTheMessage() throws Exception {
    Channel<Integer> channel = channel(0);
    Channel<Integer> empty = channel(4);
    Select select =
        Select.select()
            .send(channel.sender(), 1, noted("met"))
            .receive(empty.receiver(), note("received "));
    Waiting<Boolean> waiting = Waiting.start(select::run).awaitBlocked();
    assertThat(channel.receiver().receive()).isEqualTo(1);
    assertThat(waiting.result()).isTrue();
    assertThat(done).containsExactly("met");
    waiting = Waiting.start(select::run).awaitBlocked();
    empty.sender().send(5);
    assertThat(waiting.result()).isTrue();
    assertThat(done).containsExactly("met", "received 5");
    assertThat(channel.receiver().poll()).isNull();
  }

  @Test
  void ofSeveralRendezvousTheOneThatIsMetIsReady() throws Exception {
    List<Channel<Integer>> channels = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      channels.add(channel(0));
    }
    for (boolean inOrder : new boolean[] {false, true}) {
      Select select = Select.select();
      for (int i = 0; i < 8; i++) {
        select.send(channels.get(i).sender(), i, noted("met " + i));
      }
      if (inOrder) {
        select.inOrder();
      }
      for (int i = 0; i < 40; i++) {
        done.clear();
        int met = i % 8;
        Waiting<Boolean> waiting = Waiting.start(select::run).awaitBlocked();
        if (i % 10 == 0) { // also one that does not wait
          int[] got = {-1};
          until(
              "a message on offer",
              () -> {
                try {
                  Integer next = channels.get(met).receiver().poll();
                  got[0] = next == null ? -1 : next;
                  return next != null;
                } catch (ChannelException e) {
                  throw new AssertionError(e);
                }
              });
          assertThat(got[0]).isEqualTo(met);
        } else {
          assertThat(channels.get(met).receiver().receive(BOUND)).isEqualTo(met);
        }
        assertThat(waiting.result()).isTrue();
        assertThat(done).containsExactly("met " + met);
      }
    }
  }

  @Test
  void aRendezvousWhosePlaceIsTakenWaitsForIt() throws Exception {
    Channel<Integer> channel = channel(0);
    Waiting<Boolean> sending =
        Waiting.start(
                () -> {
                  channel.sender().send(1);
                  return true;
                })
            .awaitBlocked();
    Waiting<Boolean> select =
        Waiting.start(Select.select().send(channel.sender(), 2, noted("met"))::run).awaitBlocked();
    assertThat(channel.receiver().receive()).isEqualTo(1);
    assertThat(channel.receiver().receive(BOUND)).isEqualTo(2);
    assertThat(sending.result()).isTrue();
    assertThat(select.result()).isTrue();
  }

  @Test
  void selectsThatFaceEachOtherComeTogether() throws Exception {
    Channel<Integer> there = channel(0);
    Channel<Integer> back = channel(0);
    AtomicInteger sent = new AtomicInteger();
    AtomicInteger received = new AtomicInteger();
    int rounds = 3000;
    CyclicBarrier start = new CyclicBarrier(2);
    List<Waiting<Boolean>> both = new ArrayList<>();
    for (int side = 0; side < 2; side++) {
      Select select =
          Select.select()
              .send((side == 0 ? there : back).sender(), side, sent::incrementAndGet)
              .receive((side == 0 ? back : there).receiver(), value -> received.incrementAndGet());
      both.add(
          Waiting.start(
              () -> {
                for (int i = 0; i < rounds; i++) {
                  start.await(BOUND.toSeconds(), TimeUnit.SECONDS);
                  assertThat(select.run()).isTrue();
                }
                return true;
              }));
    }
    for (Waiting<Boolean> side : both) {
      assertThat(side.task().get(60, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(sent).hasValue(rounds);
    assertThat(received).hasValue(rounds);
  }

  @Test
  void aRingOfSelectsComesTogether() throws Exception {
    List<Channel<Integer>> ring = List.of(channel(0), channel(0), channel(0), channel(0));
    AtomicInteger sent = new AtomicInteger();
    AtomicInteger received = new AtomicInteger();
    CyclicBarrier start = new CyclicBarrier(4);
    List<Waiting<Boolean>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Select select =
          Select.select()
              .send(ring.get(i).sender(), i, sent::incrementAndGet)
              .receive(ring.get((i + 1) % 4).receiver(), value -> received.incrementAndGet());
      all.add(
          Waiting.start(
              () -> {
                for (int k = 0; k < 300; k++) {
                  start.await(BOUND.toSeconds(), TimeUnit.SECONDS);
                  assertThat(select.run()).isTrue(); // who is left over has a neighbour too
                }
                return true;
              }));
    }
    for (Waiting<Boolean> one : all) {
      assertThat(one.task().get(60, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(sent.get()).isEqualTo(received.get());
  }

  // ---- misuse, interruption, handlers ----

  @Test
  void anInterruptionTakesNothing() throws Exception {
    Channel<Integer> rendezvous = channel(0);
    Channel<Integer> empty = channel(4);
    Select select =
        Select.select()
            .send(rendezvous.sender(), 1, noted("met"))
            .receive(empty.receiver(), note("received "));
    Waiting<Boolean> waiting = Waiting.start(select::run).awaitBlocked();
    waiting.thread().interrupt();
    assertThat(waiting.failure()).isInstanceOf(InterruptedException.class);
    assertThat(rendezvous.receiver().poll()).isNull();
    empty.sender().send(1);
    Thread.currentThread().interrupt();
    assertThatThrownBy(select::run).isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(queued(empty)).containsExactly(1);
    assertThat(done).isEmpty();
  }

  @Test
  void whatAHandlerThrowsComesOutAndTheMessageIsTaken() throws Exception {
    Channel<Integer> channel = channel(4, 1, 2);
    Select select =
        Select.select()
            .receive(
                channel.receiver(),
                value -> {
                  throw new InterruptedException("mine " + value);
                });
    assertThatThrownBy(select::run).isInstanceOf(InterruptedException.class).hasMessage("mine 1");
    assertThatThrownBy(select::run).isInstanceOf(InterruptedException.class).hasMessage("mine 2");
  }

  @Test
  void aHandlerMayAddClausesButNotRunTheSelect() throws Exception {
    Channel<Integer> channel = channel(4, 1);
    Channel<Integer> added = channel(4, 2);
    Select select = Select.select();
    select.receive(
        channel.receiver(),
        value -> {
          select.receive(added.receiver(), note("added "));
          assertThatThrownBy(select::run).isInstanceOf(IllegalStateException.class);
        });
    assertThat(select.run()).isTrue();
    assertThat(select.run()).isTrue();
    assertThat(done).containsExactly("added 2");
  }

  @Test
  void aSecondRunAtTheSameTimeIsRefused() throws Exception {
    Channel<Integer> channel = channel(4);
    Select select = Select.select().receive(channel.receiver(), note(""));
    Waiting<Boolean> waiting = Waiting.start(select::run).awaitBlocked();
    assertThatThrownBy(select::run).isInstanceOf(IllegalStateException.class);
    channel.sender().send(1);
    assertThat(waiting.result()).isTrue();
  }

  @Test
  @SuppressWarnings("NullAway") // the point of the test
  void misuseIsRefusedAtOnce() throws Exception {
    Channel<Integer> channel = channel(4);
    Select select =
        Select.select()
            .receive(channel.receiver(), note(""))
            .send(channel.sender(), 1, noted(""))
            .after(SHORT, noted(""))
            .orElse(noted(""));
    assertThatThrownBy(() -> select.receive(channel.receiver(), note("")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> select.sendNext(channel.sender(), () -> 1, noted("")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> select.after(SHORT, noted("")))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> select.orElse(noted(""))).isInstanceOf(IllegalStateException.class);
    Channel<Integer> other = channel(4);
    assertThatThrownBy(() -> select.send(other.sender(), null, noted("")))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> select.receive(other.receiver(), null))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> select.send(other.sender(), 1, null))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> Select.select().after(null, noted("")))
        .isInstanceOf(NullPointerException.class);
  }

  @Test
  void anEndClosedHereIsMisuse() throws Exception {
    Channel<Integer> channel = channel(4);
    Channel<Integer> empty = channel(4);
    Select select = Select.select().receive(empty.receiver(), note(""));
    Waiting<Boolean> waiting = Waiting.start(select::run).awaitBlocked();
    empty.receiver().close();
    assertThat(waiting.failure()).isInstanceOf(IllegalStateException.class);
    channel.sender().close();
    assertThatThrownBy(Select.select().send(channel.sender(), 1, noted(""))::run)
        .isInstanceOf(IllegalStateException.class);
    Channel<Integer> rendezvous = channel(0);
    rendezvous.sender().close();
    assertThatThrownBy(Select.select().send(rendezvous.sender(), 1, noted(""))::run)
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aSupplierThrowsThroughAndNothingIsTaken() throws Exception {
    Channel<Integer> channel = channel(4);
    Channel<Integer> empty = channel(4);
    Select select =
        Select.select()
            .receive(empty.receiver(), note(""))
            .<Integer>sendNext(
                channel.sender(),
                () -> {
                  throw new UnsupportedOperationException("mine");
                },
                noted(""));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(select::run).isInstanceOf(UnsupportedOperationException.class);
    }
  }

  // ---- the next message ----

  @Test
  void aQueueIsSentMessageByMessage() throws Exception {
    ArrayDeque<Integer> queue = new ArrayDeque<>(List.of(1, 2, 3));
    Channel<Integer> out = channel(2);
    Channel<Integer> in = channel(4);
    Select select =
        Select.select()
            .sendNext(out.sender(), queue::peek, queue::remove)
            .receive(in.receiver(), queue::add);
    select.run();
    select.run();
    in.sender().send(4); // it is full now
    select.run();
    assertThat(queue).containsExactly(3, 4);
    assertThat(queued(out)).containsExactly(1, 2);
    select.run();
    select.run();
    assertThat(queue).isEmpty();
    Waiting<Boolean> waiting = Waiting.start(select::run).awaitBlocked();
    in.sender().close();
    assertThat(waiting.result()).isFalse(); // nothing will come, and there is nothing to send
    assertThat(queued(out)).containsExactly(3, 4);
  }

  @Test
  void aSupplierIsAskedOnceInARun() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Channel<Integer> full = channel(1, 0);
    Select select =
        Select.select()
            .sendNext(full.sender(), asked::incrementAndGet, noted("sent"))
            .after(SHORT, noted("late"));
    select.run();
    assertThat(asked).hasValue(1);
    Waiting<Boolean> waiting = Waiting.start(select::run).awaitBlocked();
    assertThat(full.receiver().receive()).isEqualTo(0);
    waiting.result();
    if (done.contains("sent")) {
      assertThat(full.receiver().receive()).isEqualTo(2);
    }
    assertThat(asked).hasValue(2);
  }

  // ---- ends that move ----

  @Test
  void followsEndsThatAreSentAway() throws Exception {
    Channel<Integer> in = channel(4);
    Channel<Integer> out = channel(1, 1);
    Channel<Integer> met = channel(0);
    List<Channel<Integer>> peers = List.of(channel(4), channel(1), channel(0));
    Select select =
        Select.select()
            .receive(in.receiver(), note("received "))
            .send(out.sender(), 2, noted("sent"))
            .send(met.sender(), 3, noted("met"));
    Waiting<Boolean> waiting = Waiting.start(select::run).awaitBlocked();
    Away.send(in.sender(), Ends.port(peers.get(0).receiver()));
    Away.send(out.receiver(), Ends.port(peers.get(1).sender()));
    Away.send(met.receiver(), Ends.port(peers.get(2).sender()));
    peers.get(0).sender().send(7);
    assertThat(waiting.result()).isTrue();
    waiting = Waiting.start(select::run).awaitBlocked();
    assertThat(peers.get(2).receiver().receive(BOUND)).isEqualTo(3);
    assertThat(waiting.result()).isTrue();
    waiting = Waiting.start(select::run).awaitBlocked();
    assertThat(peers.get(1).receiver().receive(BOUND)).isEqualTo(1);
    assertThat(waiting.result()).isTrue();
    assertThat(peers.get(1).receiver().receive(BOUND)).isEqualTo(2);
    assertThat(done).containsExactly("received 7", "met", "sent");
    assertThat(peers.get(2).receiver().poll()).isNull();
  }

  @Test
  void anEndSentAwayIsMisuse() throws Exception {
    Channel<Integer> channel = channel(4);
    Channel<Integer> peer = channel(4);
    Waiting<Boolean> waiting =
        Waiting.start(Select.select().receive(channel.receiver(), note(""))::run).awaitBlocked();
    Away.send(channel.receiver(), Ends.port(peer.sender()));
    assertThat(waiting.failure()).isInstanceOf(IllegalStateException.class);
  }

  // ---- many ----

  @Test
  void tenThousandSelectsWaitWithoutPlatformThreads() throws Exception {
    ExecutorService threads = virtualThreads();
    int count = threads == null ? 500 : 10_000;
    if (threads == null) {
      threads = Executors.newCachedThreadPool();
    }
    try {
      manySelects(threads, count);
    } finally {
      threads.shutdown();
    }
  }

  private static void manySelects(ExecutorService threads, int count) throws Exception {
    Channel<Integer> left = Channel.of(Integer.class, 1);
    Channel<Integer> right = Channel.of(Integer.class, 0);
    AtomicInteger begun = new AtomicInteger();
    AtomicInteger sum = new AtomicInteger();
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Channel<Integer> own = Channel.of(Integer.class);
      waiting.add(
          CompletableFuture.runAsync(
              () -> {
                try {
                  begun.incrementAndGet();
                  Select.select()
                      .receive(left.receiver(), sum::addAndGet)
                      .receive(right.receiver(), sum::addAndGet)
                      .receive(own.receiver(), sum::addAndGet)
                      .run();
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              },
              threads));
    }
    until("all to begin", () -> begun.get() == count);
    for (int i = 0; i < count; i++) {
      (i % 2 == 0 ? left : right).sender().send(1, BOUND);
    }
    for (CompletableFuture<Void> one : waiting) {
      one.get(60, TimeUnit.SECONDS);
    }
    assertThat(sum).hasValue(count);
  }

  /** Null before Java 21. */
  private static ExecutorService virtualThreads() throws Exception {
    try {
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (NoSuchMethodException e) {
      return null;
    }
  }
}
