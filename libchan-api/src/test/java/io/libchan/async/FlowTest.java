package io.libchan.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelReset;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.spi.Ends;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The rules of reactive streams that matter, named by their numbers. */
final class FlowTest {
  private final Loop loop = new Loop();
  private final Channel<Integer> channel = Channel.of(Integer.class, 16);
  private final Sender<Integer> sender = channel.sender();
  private final Receiver<Integer> receiver = channel.receiver();
  private final Flow.Publisher<Integer> publisher = Async.publisher(receiver, loop);
  private final Probe probe = new Probe();

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  /** Notes what it gets, and that it is serial, on the loop, and nothing after the end. */
  private static class Probe implements Flow.Subscriber<Integer> {
    final List<Integer> items = Collections.synchronizedList(new ArrayList<>());
    final List<String> wrong = Collections.synchronizedList(new ArrayList<>());
    final AtomicInteger completions = new AtomicInteger();
    final List<Throwable> errors = Collections.synchronizedList(new ArrayList<>());
    private final AtomicBoolean busy = new AtomicBoolean();
    volatile Flow.Subscription subscription;

    void signal(String name, Runnable body) {
      if (!busy.compareAndSet(false, true)) {
        wrong.add(name + " beside another signal");
      }
      if (!Loop.isHere()) {
        wrong.add(name + " on " + Thread.currentThread());
      }
      if (isOver()) {
        wrong.add(name + " after the end");
      }
      if (!name.equals("onSubscribe") && subscription == null) {
        wrong.add(name + " before onSubscribe");
      }
      body.run();
      busy.set(false);
    }

    boolean isOver() {
      return completions.get() + errors.size() > 0;
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
      signal("onSubscribe", () -> subscription = newSubscription);
    }

    @Override
    public void onNext(Integer item) {
      signal("onNext", () -> items.add(item));
    }

    @Override
    public void onError(Throwable failure) {
      signal("onError", () -> errors.add(failure));
    }

    @Override
    public void onComplete() {
      signal("onComplete", completions::incrementAndGet);
    }

    void awaitOver() {
      Loop.until("the end", this::isOver);
    }
  }

  private void subscribe(Probe subscriber) throws Exception {
    publisher.subscribe(subscriber);
    Loop.until("onSubscribe", () -> subscriber.subscription != null);
    loop.settle();
  }

  // ---- 1: publisher ----

  @Test
  void rule101NoMoreThanAskedForIsTaken() throws Exception {
    fill(10);
    subscribe(probe);
    assertThat(probe.items).isEmpty();
    probe.subscription.request(3);
    Loop.until("three", () -> probe.items.size() == 3);
    loop.settle();
    assertThat(probe.items).containsExactly(0, 1, 2);
    assertThat(receiver.poll()).isEqualTo(3); // it was not taken beforehand
    probe.subscription.request(1);
    Loop.until("one more", () -> probe.items.size() == 4);
    assertThat(probe.items).endsWith(4);
    assertThat(probe.wrong).isEmpty();
  }

  @Test
  void rule103SignalsAreSerialWhateverAsksForThem() throws Exception {
    long seed = Long.getLong("libchan.seed", System.nanoTime());
    System.out.println("rule103: -Dlibchan.seed=" + seed);
    Random random = new Random(seed);
    subscribe(probe);
    int count = 5_000;
    Thread asking =
        new Thread(
            () -> {
              for (int asked = 0; asked < count; ) {
                int some = Math.min(count - asked, 1 + random.nextInt(7));
                probe.subscription.request(some);
                asked += some;
              }
            });
    asking.start();
    for (int i = 0; i < count; i++) {
      sender.send(i);
    }
    sender.close();
    asking.join();
    probe.awaitOver();
    assertThat(probe.items).isEqualTo(IntStream.range(0, count).boxed().toList());
    assertThat(probe.completions).hasValue(1);
    assertThat(probe.wrong).isEmpty();
  }

  @Test
  void rule105TheEndNeedsNoDemand() throws Exception {
    subscribe(probe);
    sender.close();
    probe.awaitOver();
    loop.settle();
    assertThat(probe.completions).hasValue(1);
    assertThat(probe.errors).isEmpty();
  }

  @Test
  void rule105TheEndComesAfterTheLastMessage() throws Exception {
    fill(2);
    sender.close();
    subscribe(probe);
    assertThat(probe.isOver()).isFalse();
    probe.subscription.request(2);
    probe.awaitOver();
    assertThat(probe.items).containsExactly(0, 1);
    assertThat(probe.completions).hasValue(1);
  }

  @Test
  void rule104AFailureIsOneErrorAfterTheMessages() throws Exception {
    fill(1);
    sender.fail("broken");
    subscribe(probe);
    probe.subscription.request(5);
    probe.awaitOver();
    probe.subscription.request(5);
    loop.settle();
    assertThat(probe.items).containsExactly(0);
    assertThat(probe.errors).singleElement().isInstanceOf(ChannelReset.class);
    assertThat(probe.wrong).isEmpty();
  }

  @Test
  void rule104ARejectedMessageEndsTheFlowAndTellsTheSender() throws Exception {
    Channel<Integer> peer = Channel.of(Integer.class);
    Away.send(
        sender,
        new PickyPort<>(
            Ends.port(peer.receiver()),
            item -> item == 1 ? Reason.of(ReasonCode.TYPE_MISMATCH, "one") : null));
    peer.sender().send(0);
    peer.sender().send(1);
    peer.sender().send(2);
    subscribe(probe);
    probe.subscription.request(3);
    probe.awaitOver();
    assertThat(probe.items).containsExactly(0);
    assertThat(probe.errors).singleElement().isInstanceOf(MessageRejected.class);
    assertThatThrownBy(() -> peer.sender().send(3)).hasMessageContaining("one");
  }

  @Test
  void rule111ASecondSubscriberIsRefused() throws Exception {
    subscribe(probe);
    Probe second = new Probe();
    subscribe(second);
    second.subscription.request(1);
    second.subscription.cancel();
    second.awaitOver();
    assertThat(second.errors).singleElement().isInstanceOf(IllegalStateException.class);
    assertThat(second.wrong).isEmpty();
    fill(1);
    probe.subscription.request(1);
    Loop.until("the first goes on", () -> probe.items.size() == 1);
    assertThatThrownBy(() -> publisher.subscribe(null)).isInstanceOf(NullPointerException.class);
  }

  // ---- 2: a subscriber that breaks the rules ----

  @Test
  void rule213ASubscriberThatThrowsHasCancelled() throws Exception {
    Probe throwing =
        new Probe() {
          @Override
          public void onNext(Integer item) {
            super.onNext(item);
            throw new IllegalArgumentException("on purpose");
          }
        };
    fill(2);
    subscribe(throwing);
    throwing.subscription.request(2);
    Loop.until("the sender is told", () -> isRefused(sender));
    loop.settle();
    assertThat(throwing.items).containsExactly(0);
    assertThat(throwing.isOver()).isFalse();
  }

  // ---- 3: subscription ----

  @Test
  void rule303RequestsFromOnNextDoNotRecurse() throws Exception {
    Probe greedy =
        new Probe() {
          @Override
          public void onNext(Integer item) {
            super.onNext(item);
            assertThat(Thread.currentThread().getStackTrace()).hasSizeLessThan(100);
            subscription.request(1);
          }
        };
    subscribe(greedy);
    greedy.subscription.request(1);
    for (int i = 0; i < 2_000; i++) {
      sender.send(i);
    }
    Loop.until("all", () -> greedy.items.size() == 2_000);
    assertThat(greedy.wrong).isEmpty();
  }

  @Test
  void rule305CancelTellsTheSenderAndIsIdempotent() throws Exception {
    subscribe(probe);
    probe.subscription.request(10);
    probe.subscription.cancel();
    probe.subscription.cancel();
    probe.subscription.request(1);
    probe.subscription.request(-1);
    assertThatThrownBy(() -> sender.send(1)).isInstanceOf(ChannelReset.class);
    loop.settle();
    assertThat(probe.items).isEmpty();
    assertThat(probe.isOver()).isFalse();
  }

  @Test
  void rule306NothingIsSignalledAfterACancelInTheMiddleOfATurn() throws Exception {
    List<Function<Integer, Reason>> ends =
        List.of(
            item -> {
              probe.subscription.cancel();
              return Reason.of(ReasonCode.FAILED, "on purpose");
            },
            item -> {
              probe.subscription.cancel();
              throw new IllegalStateException("on purpose");
            });
    for (Function<Integer, Reason> end : ends) {
      Channel<Integer> inner = Channel.of(Integer.class, 1);
      Receiver<Integer> picky = Ends.receiver(new PickyPort<>(Ends.port(inner.receiver()), end));
      inner.sender().send(1);
      probe.subscription = null;
      Async.publisher(picky, loop).subscribe(probe);
      Loop.until("onSubscribe", () -> probe.subscription != null);
      probe.subscription.request(1);
      Loop.until("the sender is told", () -> isRefused(inner.sender()));
      loop.settle();
      assertThat(probe.errors).isEmpty();
      assertThat(probe.isOver()).isFalse();
    }
  }

  @Test
  void rule306ACancelBesideATurnIsNoFailure() throws Exception {
    for (int round = 0; round < 2_000; round++) {
      Channel<Integer> inner = Channel.of(Integer.class, 1);
      probe.subscription = null;
      Async.publisher(inner.receiver(), loop).subscribe(probe);
      Loop.until("onSubscribe", () -> probe.subscription != null);
      probe.subscription.request(1); // a turn runs on the loop from here on
      probe.subscription.cancel();
      probe.subscription.request(-1);
    }
    loop.settle();
    assertThat(probe.errors).isEmpty();
    assertThat(probe.isOver()).isFalse();
  }

  @Test
  void rule309ARequestOfNothingIsAnError() throws Exception {
    subscribe(probe);
    probe.subscription.request(0);
    probe.awaitOver();
    probe.subscription.request(-1);
    loop.settle();
    assertThat(probe.errors).singleElement().isInstanceOf(IllegalArgumentException.class);
    assertThat(isRefused(sender)).isTrue();
    assertThat(probe.wrong).isEmpty();
  }

  @Test
  void rule317DemandDoesNotOverflow() throws Exception {
    subscribe(probe);
    probe.subscription.request(Long.MAX_VALUE);
    probe.subscription.request(Long.MAX_VALUE);
    fill(3);
    sender.close();
    probe.awaitOver();
    assertThat(probe.items).containsExactly(0, 1, 2);
  }

  @Test
  void anEndClosedElsewhereIsAnError() throws Exception {
    subscribe(probe);
    probe.subscription.request(1);
    loop.settle();
    receiver.close();
    probe.awaitOver();
    assertThat(probe.errors).singleElement().isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anExecutorThatRefusesIsAnError() {
    Flow.Publisher<Integer> refused =
        Async.publisher(
            receiver,
            task -> {
              throw new RejectedExecutionException("full");
            });
    refused.subscribe(probe);
    probe.awaitOver();
    assertThat(probe.errors).singleElement().isInstanceOf(RejectedExecutionException.class);
    assertThat(isRefused(sender)).isTrue();
  }

  // ---- the subscriber ----

  /** What a subscriber calls. */
  private static final class Source implements Flow.Subscription {
    final AtomicInteger asked = new AtomicInteger();
    final AtomicInteger least = new AtomicInteger(Integer.MAX_VALUE);
    final AtomicInteger cancels = new AtomicInteger();
    final List<String> wrong = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void request(long count) {
      if (count < 1 || !Loop.isHere()) {
        wrong.add("request of " + count + " on " + Thread.currentThread());
      }
      least.accumulateAndGet((int) count, Math::min);
      asked.addAndGet((int) count);
    }

    @Override
    public void cancel() {
      cancels.incrementAndGet();
    }
  }

  private final Flow.Subscriber<Integer> subscriber = Async.subscriber(sender, loop);
  private final Source source = new Source();

  // It asks again once half of its window of 16 has left; when just then is a race of two threads.
  @Test
  void rule201AsksForWhatHasRoomAndMoreAsItLeaves() throws Exception {
    subscriber.onSubscribe(source);
    Loop.until("the first request", () -> source.asked.get() == 16);
    give(0, 16);
    Loop.until("those that left make room", () -> source.asked.get() > 16 + 8);
    int given = source.asked.get();
    assertThat(given).isLessThanOrEqualTo(16 + 16);
    give(16, given);
    loop.settle();
    assertThat(source.asked.get()).isBetween(given, 16 + 16); // the channel is full
    int last = source.asked.get();
    give(given, last);
    for (int i = 0; i < last; i++) {
      assertThat(receiver.receive()).isEqualTo(i);
    }
    Loop.until("room again", () -> source.asked.get() > last + 8);
    assertThat(source.asked.get()).isLessThanOrEqualTo(last + 16);
    assertThat(source.least).hasValueGreaterThanOrEqualTo(8);
    assertThat(source.wrong).isEmpty();
  }

  private void give(int from, int to) {
    IntStream.range(from, to).forEach(subscriber::onNext);
  }

  @Test
  void rule205ASecondSubscriptionIsCancelled() throws Exception {
    subscriber.onSubscribe(source);
    Source second = new Source();
    subscriber.onSubscribe(second);
    loop.settle();
    assertThat(second.cancels).hasValue(1);
    assertThat(second.asked).hasValue(0);
    assertThat(source.cancels).hasValue(0);
    assertThatThrownBy(() -> subscriber.onSubscribe(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> subscriber.onNext(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> subscriber.onError(null)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void onCompleteClosesAfterEverything() throws Exception {
    Channel<Integer> rendezvous = Channel.of(Integer.class, 0);
    Flow.Subscriber<Integer> slow = Async.subscriber(rendezvous.sender(), loop);
    slow.onSubscribe(source);
    slow.onNext(1);
    slow.onComplete();
    assertThat(rendezvous.receiver().receive()).isEqualTo(1);
    assertThat(rendezvous.receiver().receive()).isNull();
    loop.settle();
    assertThat(source.cancels).hasValue(0);
  }

  @Test
  void onErrorFailsAfterEverythingWithItsReason() throws Exception {
    subscriber.onSubscribe(source);
    subscriber.onNext(1);
    subscriber.onError(new IllegalStateException("upstream broke"));
    assertThat(receiver.receive()).isEqualTo(1);
    assertThatThrownBy(receiver::receive).hasMessageContaining("upstream broke");
    loop.settle();
    assertThat(source.cancels).hasValue(0);
  }

  @Test
  void aReceiverThatCancelsCancelsTheSubscriptionOnce() throws Exception {
    subscriber.onSubscribe(source);
    loop.settle();
    receiver.close();
    Loop.until("cancel", () -> source.cancels.get() == 1);
    subscriber.onNext(1);
    loop.settle();
    loop.settle();
    assertThat(source.cancels).hasValue(1);
  }

  @Test
  void carriesAFlowFromEndToEnd() throws Exception {
    try (SubmissionPublisher<Integer> upstream = new SubmissionPublisher<>(loop, 32)) {
      upstream.subscribe(subscriber);
      subscribe(probe);
      probe.subscription.request(Long.MAX_VALUE);
      for (int i = 0; i < 5_000; i++) {
        upstream.submit(i);
      }
    }
    probe.awaitOver();
    assertThat(probe.items).isEqualTo(IntStream.range(0, 5_000).boxed().toList());
    assertThat(probe.wrong).isEmpty();
    assertThat(probe.completions).hasValue(1);
  }

  private void fill(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      sender.send(i);
    }
  }

  private static boolean isRefused(Sender<Integer> sender) {
    try {
      sender.trySend(-1);
      return false;
    } catch (ChannelReset e) {
      return true;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
