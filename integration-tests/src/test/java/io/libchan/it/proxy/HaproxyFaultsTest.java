package io.libchan.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ChannelException;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.it.proxy.Service.Item;
import io.libchan.testkit.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** HAProxy, with a request for each stream. */
final class HaproxyFaultsTest extends StreamsFaults {
  private static final int CHANNELS = 50;
  private static final int ROUNDS = 3;

  HaproxyFaultsTest() {
    super(ProxyProgram.HAPROXY);
  }

  @Override
  List<Edit> stockTimeouts() {
    long stock = scaledMillis(50);
    return List.of(
        new Edit("timeout client 75s", "timeout client " + stock + "ms"),
        new Edit("timeout server 75s", "timeout server " + stock + "ms"));
  }

  @Override
  Edit forbidden() {
    return new Edit("  http-request auth", "  http-request deny\n  http-request auth");
  }

  @Test
  @Rule({"BOD-21", "MUX-9"})
  void receiversThatStopReadingSlowNobodyDown() throws Exception {
    start(Duration.ofSeconds(20));
    Session session = connect(Duration.ofSeconds(20));
    LongAdder received = new LongAdder();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CHANNELS; i++) {
      Receiver<Item> items = ask(session, Integer.MAX_VALUE, 200);
      threads.add(thread(() -> receiveAll(items, received)));
    }
    long nanos = SECONDS * 1_000_000_000L / 3; // 60 s of the long build's 180
    measured(received, nanos); // the JVM warms up
    double[] ratios = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      double alone = measured(received, nanos);
      Receiver<Item> unread = ask(session, Integer.MAX_VALUE, 10_000);
      Sender<Item> deaf = session.open("deaf", Item.class);
      Thread blocked = thread(() -> sendAll(deaf));
      threads.add(blocked);
      while (blocked.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      double beside = measured(received, nanos);
      assertThat(blocked.isAlive()).isTrue();
      unread.close();
      deaf.close();
      ratios[i] = beside / alone;
      System.out.printf(
          Locale.ROOT,
          "HAProxy, %d channels: %.0f/s alone, %.0f/s beside two that nobody reads%n",
          CHANNELS,
          alone,
          beside);
    }
    session.close();
    for (Thread each : threads) {
      each.join();
    }
    Arrays.sort(ratios);
    assertThat(ratios[ROUNDS / 2]).isGreaterThanOrEqualTo(0.5);
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "neighbour");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static double measured(LongAdder received, long nanos) throws InterruptedException {
    long before = received.sum();
    long start = System.nanoTime();
    Thread.sleep(nanos / 1_000_000);
    return (received.sum() - before) * 1e9 / (System.nanoTime() - start);
  }

  private static void receiveAll(Receiver<Item> items, LongAdder received) {
    try {
      while (items.receive() != null) {
        received.increment();
      }
    } catch (ChannelException | InterruptedException e) {
      // The session was closed.
    }
  }

  private static void sendAll(Sender<Item> deaf) {
    String text = "x".repeat(10_000);
    try {
      for (int i = 0; ; i++) {
        deaf.send(new Item(i, "client", text));
      }
    } catch (ChannelException | IllegalStateException | InterruptedException e) {
      // It was closed.
    }
  }
}
