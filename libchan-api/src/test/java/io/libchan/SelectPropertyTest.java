package io.libchan;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.async.Async;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Whatever senders, receivers and selects do at the same time, each message that was sent is
 * received once or is still there, and no other one is ever seen.
 */
final class SelectPropertyTest {
  private static final int ACTORS = 4;
  private static final int STEPS = 10;
  private static final long BOUND_SECONDS = 30;

  private static ExecutorService threads;

  @BeforeContainer
  static void start() {
    threads = Executors.newFixedThreadPool(ACTORS + 2);
  }

  @AfterContainer
  static void stop() {
    threads.shutdown();
  }

  @Property(tries = 250, shrinking = ShrinkingMode.OFF) // x 4 actors x 10 steps: 10,000 rounds
  void everyMessageIsReceivedOnceOrStillThere(@ForAll Random random) throws Exception {
    new World(random).run();
  }

  /** One set of channels and everybody who uses it. */
  private static final class World {
    private final Random random;
    private final List<Channel<Long>> channels = new ArrayList<>();
    private final AtomicLong next = new AtomicLong();
    private final Queue<Long> sent = new ConcurrentLinkedQueue<>();
    private final Queue<Long> received = new ConcurrentLinkedQueue<>();
    private final Queue<CompletableFuture<Boolean>> runs = new ConcurrentLinkedQueue<>();
    private final Queue<Thread> actors = new ConcurrentLinkedQueue<>();

    World(Random random) {
      this.random = random;
      for (int i = random.nextInt(4); i >= 0; i--) {
        channels.add(Channel.of(Long.class, random.nextInt(4)));
      }
    }

    void run() throws Exception {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < ACTORS; i++) {
        Random own = new Random(random.nextLong());
        all.add(threads.submit(() -> act(own)));
      }
      for (Future<?> one : all) {
        one.get(BOUND_SECONDS, TimeUnit.SECONDS);
      }
      for (CompletableFuture<Boolean> run : runs) {
        run.handle((ran, failure) -> ran).get(BOUND_SECONDS, TimeUnit.SECONDS);
      }
      List<Long> queued = drain();
      List<Long> seen =
          Stream.concat(received.stream(), queued.stream()).collect(Collectors.toList());
      assertThat(new HashSet<>(seen)).as("none is doubled").hasSameSizeAs(seen);
      assertThat(seen).as("all that was sent and nothing else").hasSameElementsAs(sent);
    }

    private List<Long> drain() throws Exception {
      List<Long> all = new ArrayList<>();
      for (Channel<Long> channel : channels) {
        channel.sender().close();
        for (Long message : channel.receiver()) {
          all.add(message);
        }
      }
      return all;
    }

    private Void act(Random own) throws Exception {
      actors.add(Thread.currentThread());
      for (int i = 0; i < STEPS; i++) {
        try {
          step(own);
        } catch (InterruptedException | TimeoutException e) {
          // Nothing was done.
        }
      }
      actors.remove(Thread.currentThread());
      Thread.interrupted();
      return null;
    }

    private void step(Random own) throws Exception {
      Channel<Long> channel = channels.get(own.nextInt(channels.size()));
      Duration patience = Duration.ofNanos(own.nextInt(1_000_000));
      switch (own.nextInt(8)) {
        case 0 -> {
          long message = next.incrementAndGet();
          channel.sender().send(message, patience);
          sent.add(message);
        }
        case 1 -> received.add(channel.receiver().receive(patience));
        case 2 -> {
          Thread victim = actors.peek();
          if (victim != null) {
            victim.interrupt();
          }
        }
        case 3 -> {
          CompletableFuture<Boolean> run =
              Async.run(select(own).after(patience, () -> {}), threads);
          runs.add(run);
          for (int spins = own.nextInt(2000); spins > 0; spins--) {
            Thread.onSpinWait();
          }
          run.cancel(false);
        }
        case 4 -> select(own).orElse(() -> {}).run();
        default -> select(own).after(patience, () -> {}).run();
      }
    }

    /** Some of the ends there are, at least one. */
    private Select select(Random own) {
      Select select = Select.select();
      if (own.nextBoolean()) {
        select.inOrder();
      }
      int clauses = 0;
      while (clauses == 0) {
        for (Channel<Long> channel : channels) {
          int kind = own.nextInt(4);
          if (kind == 0 || kind == 3) {
            select.receive(channel.receiver(), received::add);
            clauses++;
          }
          if (kind == 1 || (kind == 3 && channel.sender().capacity() > 0)) {
            long message = next.incrementAndGet();
            select.send(channel.sender(), message, () -> sent.add(message));
            clauses++;
          }
        }
      }
      return select;
    }
  }
}
