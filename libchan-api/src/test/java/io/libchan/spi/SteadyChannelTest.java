package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Senders and receivers of one channel, much of whose waiting is cut short: each message arrives
 * once, and those of one sender in order. On virtual threads where there are some.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class SteadyChannelTest {
  private static final int SENDERS = 3;
  private static final int RECEIVERS = 2;

  private record Numbered(int sender, int number) {}

  private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();

  @Test
  void eachMessageArrivesOnceAndInOrderWhateverCutsTheWaitingShort() throws Exception {
    for (int capacity : new int[] {0, 1, 2, 5, 64, 1024}) {
      eachMessageArrivesOnceAndInOrder(capacity);
    }
  }

  private void eachMessageArrivesOnceAndInOrder(int capacity) throws Exception {
    int count = capacity < 5 ? 2_000 : 20_000;
    Channel<Numbered> channel = Channel.of(Numbered.class, capacity);
    List<CompletableFuture<List<Numbered>>> received = new ArrayList<>();
    for (int i = 0; i < RECEIVERS; i++) {
      received.add(run(() -> receiveAll(channel.receiver())));
    }
    List<CompletableFuture<Integer>> sent = new ArrayList<>();
    for (int i = 0; i < SENDERS; i++) {
      int sender = i;
      sent.add(run(() -> sendAll(channel.sender(), sender, count)));
    }
    for (CompletableFuture<Integer> one : sent) {
      assertThat(interruptingUntil(one)).isEqualTo(count);
    }
    channel.sender().close();
    int[] all = new int[SENDERS];
    for (CompletableFuture<List<Numbered>> one : received) {
      int[] last = new int[SENDERS];
      for (Numbered message : one.get()) {
        assertThat(message.number).isGreaterThan(last[message.sender]);
        last[message.sender] = message.number;
        all[message.sender]++;
      }
    }
    assertThat(all).containsOnly(count);
  }

  /** Nobody is interrupted: whoever is not signalled sleeps for ever. */
  @Test
  void aReceiverLeavesNoSenderBehind() throws Exception {
    Channel<Integer> channel = Channel.of(Integer.class, 0);
    for (int round = 0; round < 5_000; round++) {
      List<CompletableFuture<Integer>> sent = new ArrayList<>();
      for (int i = 0; i < SENDERS; i++) {
        sent.add(
            run(
                () -> {
                  channel.sender().send(1);
                  return 1;
                }));
      }
      int received = 0;
      while (received < SENDERS) {
        received += channel.receiver().receive();
      }
      for (CompletableFuture<Integer> one : sent) {
        assertThat(one.get()).isEqualTo(1);
      }
    }
  }

  @Test
  void aRendezvousThatSucceededForOneEndDidForTheOther() throws Exception {
    for (int i = 0; i < 300; i++) {
      Channel<Integer> channel = Channel.of(Integer.class, 0);
      CompletableFuture<Integer> received = run(() -> receiveToTheEnd(channel.receiver()));
      AtomicInteger passed = new AtomicInteger();
      CompletableFuture<Integer> sent = run(() -> sendToTheEnd(channel.sender(), passed));
      interruptSome(passed);
      switch (i % 3) {
        case 0 -> channel.sender().close();
        case 1 -> channel.sender().fail(Reason.of(ReasonCode.FAILED, "enough"));
        default -> channel.receiver().close();
      }
      assertThat(sent.get()).isEqualTo(received.get());
    }
  }

  /** Interrupts everybody now and then, while messages go on. */
  private void interruptSome(AtomicInteger sent) {
    for (int i = 0; i < 3; i++) {
      int until = sent.get() + ThreadLocalRandom.current().nextInt(50);
      while (sent.get() < until) {
        Thread.onSpinWait();
      }
      threads.forEach(Thread::interrupt);
    }
  }

  private static int sendToTheEnd(Sender<Integer> sender, AtomicInteger passed) {
    for (int sent = 0; ; ) {
      try {
        sender.send(sent + 1);
        passed.set(++sent);
      } catch (InterruptedException e) {
        // It was not sent, then.
      } catch (ChannelException | IllegalStateException e) {
        return sent;
      }
    }
  }

  private static int receiveToTheEnd(Receiver<Integer> receiver) {
    for (int received = 0; ; ) {
      try {
        Integer message = receiver.receive(Duration.ofMillis(1));
        if (message == null) {
          return received;
        }
        received++;
        assertThat(message).isEqualTo(received);
      } catch (InterruptedException | TimeoutException e) {
        // Nothing was received, then.
      } catch (ChannelException | IllegalStateException e) {
        return received;
      }
    }
  }

  private int interruptingUntil(CompletableFuture<Integer> done) throws Exception {
    for (; ; ) {
      threads.forEach(Thread::interrupt);
      try {
        return done.get(1, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // once more
      }
    }
  }

  private <R> CompletableFuture<R> run(Callable<R> task) {
    CompletableFuture<R> result = new CompletableFuture<>();
    Options.DEFAULTS
        .executor()
        .execute(
            () -> {
              threads.add(Thread.currentThread());
              try {
                result.complete(task.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              } finally {
                threads.remove(Thread.currentThread());
              }
            });
    return result;
  }

  private static int sendAll(Sender<Numbered> sender, int number, int count) throws Exception {
    int sent = 0;
    while (sent < count) {
      Numbered message = new Numbered(number, sent + 1);
      try {
        switch (ThreadLocalRandom.current().nextInt(8)) {
          case 0 -> sender.send(message, Duration.ofNanos(someNanos()));
          case 1 -> {
            if (!sender.trySend(message)) {
              continue;
            }
          }
          default -> sender.send(message);
        }
        sent++;
      } catch (TimeoutException | InterruptedException e) {
        // It was not sent, then.
      }
    }
    return sent;
  }

  private static List<Numbered> receiveAll(Receiver<Numbered> receiver) throws Exception {
    List<Numbered> all = new ArrayList<>();
    while (!receiver.ended()) {
      try {
        Numbered message =
            switch (ThreadLocalRandom.current().nextInt(8)) {
              case 0 -> receiver.receive(Duration.ofNanos(someNanos()));
              case 1 -> receiver.poll();
              default -> receiver.receive();
            };
        if (message != null) {
          all.add(message);
        }
      } catch (TimeoutException | InterruptedException e) {
        // Nothing was received, then.
      }
    }
    return all;
  }

  private static long someNanos() {
    return ThreadLocalRandom.current().nextInt(100_000);
  }
}
