package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static io.libchan.testkit.Waits.SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Channel;
import io.libchan.ChannelReset;
import io.libchan.Receiver;
import io.libchan.Select;
import io.libchan.async.Async;
import io.libchan.spi.Ends;
import io.libchan.spi.ReceivePort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What a {@link Select} does with channels, whether their ends are in one process or not: one
 * clause runs, and no other one leaves a trace.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
@ExtendWith({Leaks.class, QuietLog.class})
public abstract class SelectContract {
  private static final Executor EXECUTOR = ForkJoinPool.commonPool();

  private final ConcurrentLinkedQueue<String> done = new ConcurrentLinkedQueue<>();
  private final List<ChannelPair<Note>> channels = new ArrayList<>();

  /** For subclasses. */
  protected SelectContract() {}

  /** Makes a channel of the kind under test; its ends are new and nothing was sent. */
  protected abstract ChannelPair<Note> channel(int capacity) throws Exception;

  /** How many rounds the races take; remote channels are slower. */
  protected int rounds() {
    return 2000;
  }

  private ChannelPair<Note> make(int capacity) throws Exception {
    ChannelPair<Note> channel = channel(capacity);
    channels.add(channel);
    return channel;
  }

  /** Nothing is left of what no test expects: each channel still works to its end. */
  @AfterEach
  void everyChannelIsLeftInOrder() throws Exception {
    for (ChannelPair<Note> channel : channels) {
      channel.sender().close();
      channel.receiver().close();
    }
  }

  private Select.Handler<Note> note(String name) {
    return note -> done.add(name + note.number());
  }

  private Select.Action noted(String name) {
    return () -> done.add(name);
  }

  @Test
  void oneMessageOfAnyReceiverIsReceived() throws Exception {
    List<ChannelPair<Note>> all = List.of(make(4), make(4), make(0));
    Select select = Select.select();
    for (int i = 0; i < 3; i++) {
      select.receive(all.get(i).receiver(), note(i + ": "));
    }
    for (int i = 0; i < 9; i++) {
      Task<Boolean> waiting = Task.call(select::run).awaitBlocked();
      all.get(i % 3).sender().send(Note.of(i), BOUND);
      assertThat(waiting.result()).isTrue();
      assertThat(done).containsExactly(i % 3 + ": " + i);
      done.clear();
    }
  }

  @Test
  void aMessageIsSentWhereThereIsRoom() throws Exception {
    ChannelPair<Note> left = make(1);
    ChannelPair<Note> right = make(1);
    left.sender().send(Note.of(1));
    Select select =
        Select.select()
            .send(left.sender(), Note.of(2), noted("left"))
            .send(right.sender(), Note.of(3), noted("right"));
    select.run();
    Task<Boolean> waiting = Task.call(select::run).awaitBlocked();
    assertThat(left.next()).isEqualTo(Note.of(1));
    assertThat(waiting.result()).isTrue();
    assertThat(done).containsExactly("right", "left");
    assertThat(left.next()).isEqualTo(Note.of(2));
    assertThat(right.next()).isEqualTo(Note.of(3));
  }

  @Test
  void localEndsMayBeMixedIn() throws Exception {
    ChannelPair<Note> in = make(4);
    ChannelPair<Note> out = make(0);
    Channel<Note> local = Channel.of(Note.class, 4);
    Channel<Note> localMet = Channel.of(Note.class, 0);
    Select select =
        Select.select()
            .receive(in.receiver(), note("in "))
            .receive(local.receiver(), note("local "))
            .send(out.sender(), Note.of(7), noted("out"))
            .send(localMet.sender(), Note.of(8), noted("met"));
    Task<Boolean> waiting = Task.call(select::run).awaitBlocked();
    local.sender().send(Note.of(1));
    waiting.result();
    waiting = Task.call(select::run).awaitBlocked();
    in.sender().send(Note.of(2));
    waiting.result();
    waiting = Task.call(select::run).awaitBlocked();
    assertThat(localMet.receiver().receive(BOUND)).isEqualTo(Note.of(8));
    waiting.result();
    waiting = Task.call(select::run).awaitBlocked();
    assertThat(out.next()).isEqualTo(Note.of(7));
    waiting.result();
    assertThat(done).containsExactly("local 1", "in 2", "met", "out");
  }

  @Test
  @Rule("CH-15")
  void anOfferThatLosesIsNeverSeen() throws Exception {
    ChannelPair<Note> rendezvous = make(0);
    ChannelPair<Note> other = make(4);
    Select select =
        Select.select()
            .send(rendezvous.sender(), Note.of(1), noted("met"))
            .receive(other.receiver(), note("other "));
    Task<Boolean> waiting = Task.call(select::run).awaitBlocked();
    other.sender().send(Note.of(2));
    assertThat(waiting.result()).isTrue();
    assertThat(done).containsExactly("other 2");
    assertThat(rendezvous.receiver().poll()).isNull();
    rendezvous.sender().close();
    rendezvous.expectEnd();
  }

  @Test
  @Rule("CH-15")
  void anOfferThatIsInterruptedOrLateIsNeverSeen() throws Exception {
    ChannelPair<Note> rendezvous = make(0);
    Select select = Select.select().send(rendezvous.sender(), Note.of(1), noted("met"));
    Task<Boolean> waiting = Task.call(select::run).awaitBlocked();
    waiting.interrupt();
    waiting.failure(InterruptedException.class);
    assertThat(rendezvous.receiver().poll()).isNull();
    select.after(SHORT, noted("late"));
    assertThat(select.run()).isTrue();
    assertThat(done).containsExactly("late");
    assertThat(rendezvous.receiver().poll()).isNull();
    rendezvous.sender().close();
    rendezvous.expectEnd();
  }

  @Test
  @Rule("CH-15")
  void anOfferHasOneOutcomeWhileAReceiverComes() throws Exception {
    Random random = Seeds.random("anOfferHasOneOutcomeWhileAReceiverComes");
    ChannelPair<Note> rendezvous = make(0);
    ChannelPair<Note> other = make(1);
    List<Note> sent = new ArrayList<>();
    int rounds = Math.max(20, rounds() / 10);
    Task<List<Note>> receiving = Task.call(() -> receiveAll(rendezvous.receiver(), random));
    for (int i = 0; i < rounds; i++) {
      Note note = Note.of(i);
      if (random.nextInt(3) == 0) {
        other.sender().trySend(note);
      }
      Select.select()
          .send(rendezvous.sender(), note, () -> sent.add(note))
          .receive(other.receiver(), received -> {})
          .after(Duration.ofNanos(random.nextInt(2_000_000)), () -> {})
          .run();
    }
    rendezvous.sender().close();
    assertThat(receiving.result()).isEqualTo(sent);
  }

  /** Until the end, giving up at random in between. */
  private static List<Note> receiveAll(Receiver<Note> receiver, Random random) throws Exception {
    List<Note> received = new ArrayList<>();
    for (long deadline = System.nanoTime() + BOUND.toNanos(); System.nanoTime() < deadline; ) {
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

  @Test
  void selectsThatFaceEachOtherComeTogether() throws Exception {
    ChannelPair<Note> one = make(0);
    ChannelPair<Note> two = make(0);
    AtomicInteger sent = new AtomicInteger();
    AtomicInteger received = new AtomicInteger();
    Select left =
        Select.select()
            .send(one.sender(), Note.of(1), sent::incrementAndGet)
            .receive(two.receiver(), note -> received.incrementAndGet());
    Select right =
        Select.select()
            .send(two.sender(), Note.of(2), sent::incrementAndGet)
            .receive(one.receiver(), note -> received.incrementAndGet());
    int rounds = Math.max(20, rounds() / 10);
    for (int i = 0; i < rounds; i++) {
      Task<Boolean> there = Task.call(left::run);
      assertThat(right.run()).isTrue();
      assertThat(there.result()).isTrue();
    }
    assertThat(sent).hasValue(rounds);
    assertThat(received).hasValue(rounds);
  }

  @Test
  void theDefaultRunsIfNothingIsReadyAndTakesNothing() throws Exception {
    ChannelPair<Note> in = make(4);
    ChannelPair<Note> full = make(1);
    ChannelPair<Note> rendezvous = make(0);
    full.sender().send(Note.of(1));
    Select select =
        Select.select()
            .receive(in.receiver(), note("in "))
            .send(full.sender(), Note.of(2), noted("full"))
            .send(rendezvous.sender(), Note.of(3), noted("met"))
            .orElse(noted("else"));
    select.run();
    assertThat(done).containsExactly("else");
    in.sender().send(Note.of(4));
    Waits.until(
        "the message",
        () -> {
          done.clear();
          select.run();
          return !done.contains("else");
        });
    assertThat(done).containsExactly("in 4");
    assertThat(full.next()).isEqualTo(Note.of(1));
    assertThat(full.receiver().poll()).isNull();
    assertThat(rendezvous.receiver().poll()).isNull();
  }

  @Test
  void theTimeoutRunsIfNothingIsReadyInTimeAndTakesNothing() throws Exception {
    ChannelPair<Note> in = make(4);
    ChannelPair<Note> full = make(1);
    full.sender().send(Note.of(1));
    Select select =
        Select.select()
            .receive(in.receiver(), note("in "))
            .send(full.sender(), Note.of(2), noted("full"))
            .after(SHORT, noted("late"));
    assertThat(select.run()).isTrue();
    assertThat(done).containsExactly("late");
    in.sender().send(Note.of(3));
    assertThat(in.next()).isEqualTo(Note.of(3));
    assertThat(full.next()).isEqualTo(Note.of(1));
    assertThat(full.receiver().poll()).isNull();
  }

  @Test
  void noClauseThatIsReadyIsPassedOverForGood() throws Exception {
    ChannelPair<Note> left = make(8);
    ChannelPair<Note> right = make(8);
    int rounds = 120;
    Task<Boolean> feedingLeft = feed(left, rounds);
    Task<Boolean> feedingRight = feed(right, rounds);
    AtomicInteger lefts = new AtomicInteger();
    Select select =
        Select.select()
            .receive(left.receiver(), note -> lefts.incrementAndGet())
            .receive(right.receiver(), note -> {});
    for (int i = 0; i < rounds; i++) {
      awaitNews(left.receiver());
      awaitNews(right.receiver());
      select.run();
    }
    // Both were ready each time: 60 are expected of each, fewer than 20 in 1e-13 of all runs.
    assertThat(lefts.get()).isBetween(20, rounds - 20);
    left.receiver().close();
    right.receiver().close();
    feedingLeft.failure(ChannelReset.class);
    feedingRight.failure(ChannelReset.class);
  }

  /** Sends more than that many, until the receiver closes. */
  private static Task<Boolean> feed(ChannelPair<Note> channel, int count) {
    return Task.run(
        () -> {
          for (int i = 0; i < count + 100; i++) {
            channel.sender().send(Note.of(i));
          }
        });
  }

  private static void awaitNews(Receiver<Note> receiver) throws Exception {
    ReceivePort<Note> port = Ends.port(receiver);
    CompletableFuture<Boolean> news = new CompletableFuture<>();
    port.await(() -> news.complete(true));
    assertThat(Waits.value(news)).isTrue();
  }

  @Test
  void selectsAndReceiversThatGiveUpLoseNothing() throws Exception {
    Random random = Seeds.random("selectsAndReceiversThatGiveUpLoseNothing");
    List<ChannelPair<Note>> all = List.of(make(0), make(1), make(5));
    int each = Math.max(40, rounds() / 10);
    ConcurrentLinkedQueue<Note> received = new ConcurrentLinkedQueue<>();
    List<Task<Boolean>> tasks = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int first = i * each;
      ChannelPair<Note> channel = all.get(i);
      tasks.add(
          Task.run(
              () -> {
                for (int k = 0; k < each; k++) {
                  channel.sender().send(Note.of(first + k));
                }
                channel.sender().close();
              }));
    }
    for (int i = 0; i < 2; i++) {
      Random own = new Random(random.nextLong());
      tasks.add(Task.run(() -> selectAll(all, received, own)));
    }
    selectAll(all, received, random);
    for (Task<Boolean> task : tasks) {
      task.result();
    }
    BitSet seen = new BitSet();
    received.forEach(note -> seen.set((int) note.number()));
    assertThat(received).hasSize(3 * each);
    assertThat(seen.cardinality()).isEqualTo(3 * each);
  }

  private static void selectAll(
      List<ChannelPair<Note>> all, ConcurrentLinkedQueue<Note> received, Random random)
      throws Exception {
    boolean more = true;
    while (more) {
      Select select =
          Select.select().after(Duration.ofNanos(1 + random.nextInt(500_000)), () -> {});
      for (ChannelPair<Note> channel : all) {
        select.receive(channel.receiver(), received::add);
      }
      if (random.nextInt(4) == 0) {
        CompletableFuture<Boolean> run = Async.run(select, EXECUTOR);
        if (random.nextBoolean()) {
          run.cancel(false);
        } else {
          more = Waits.value(run);
        }
      } else {
        more = select.run();
      }
    }
  }

  @Test
  @Rule("CH-21")
  void theMergeOfTwoChannelsEndsWithBoth() throws Exception {
    ChannelPair<Note> left = make(4);
    ChannelPair<Note> right = make(4);
    Select merge =
        Select.select()
            .receive(left.receiver(), note("left "))
            .receive(right.receiver(), note("right "));
    Task<Boolean> merging =
        Task.call(
            () -> {
              while (merge.run()) {}
              return true;
            });
    for (int i = 0; i < 20; i++) {
      left.sender().send(Note.of(i));
      right.sender().send(Note.of(i));
    }
    left.sender().close();
    right.sender().send(Note.of(20));
    right.sender().close();
    assertThat(merging.result()).isTrue();
    assertThat(done).hasSize(41).doesNotHaveDuplicates();
    assertThat(left.receiver().ended()).isTrue();
    assertThat(right.receiver().ended()).isTrue();
  }

  @Test
  void howAChannelEndedIsToldOrThrown() throws Exception {
    ChannelPair<Note> failed = make(4);
    ChannelPair<Note> other = make(4);
    Select throwing =
        Select.select()
            .receive(other.receiver(), note("other "))
            .receive(failed.receiver(), note("failed "));
    Task<Boolean> waiting = Task.call(throwing::run).awaitBlocked();
    failed.sender().fail("broken");
    assertThat(waiting.failure(ChannelReset.class).reason().message()).isEqualTo("broken");
    Select telling =
        Select.select()
            .receive(other.receiver(), note("other "), reason -> done.add("end"))
            .receive(failed.receiver(), note("failed "), reason -> done.add(reason.message()));
    assertThat(telling.run()).isTrue();
    other.sender().close();
    assertThat(telling.run()).isTrue();
    assertThat(telling.run()).isFalse();
    assertThat(done).containsExactly("broken", "end");
  }

  @Test
  @Rule("CH-23")
  void aReceiverThatClosesIsToldOrThrown() throws Exception {
    for (int capacity = 0; capacity < 2; capacity++) {
      done.clear();
      ChannelPair<Note> channel = make(capacity);
      if (capacity > 0) {
        channel.sender().send(Note.of(0));
      }
      Select telling =
          Select.select()
              .send(
                  channel.sender(), Note.of(1), noted("sent"), why -> done.add(why.code().name()));
      Task<Boolean> waiting = Task.call(telling::run).awaitBlocked();
      channel.receiver().close();
      assertThat(waiting.result()).isTrue();
      assertThat(telling.run()).isFalse();
      assertThat(done).containsExactly("CANCELLED");
      Task.call(Select.select().send(channel.sender(), Note.of(1), noted("sent"))::run)
          .failure(ChannelReset.class);
    }
  }

  @Test
  void aFutureRunsOneClauseOrNone() throws Exception {
    ChannelPair<Note> in = make(4);
    ChannelPair<Note> rendezvous = make(0);
    Select select =
        Select.select()
            .receive(in.receiver(), note("in "))
            .send(rendezvous.sender(), Note.of(7), noted("met"));
    CompletableFuture<Boolean> given = Async.run(select, EXECUTOR);
    given.cancel(false);
    Waits.until("the future to be given up", given::isDone);
    assertThat(given).isCancelled();
    assertThat(rendezvous.receiver().poll()).isNull();
    CompletableFuture<Boolean> waiting = Async.run(select, EXECUTOR);
    assertThat(rendezvous.next()).isEqualTo(Note.of(7));
    assertThat(Waits.value(waiting)).isTrue();
    waiting = Async.run(select, EXECUTOR);
    in.sender().send(Note.of(1));
    assertThat(Waits.value(waiting)).isTrue();
    assertThat(done).containsExactly("met", "in 1");
    assertThat(rendezvous.receiver().poll()).isNull();
  }
}
