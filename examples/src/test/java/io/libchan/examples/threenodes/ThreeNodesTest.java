package io.libchan.examples.threenodes;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.examples.threenodes.ThreeNodes.Echo;
import io.libchan.examples.threenodes.ThreeNodes.Handover;
import io.libchan.examples.threenodes.ThreeNodes.Item;
import io.libchan.testkit.ChannelPair;
import io.libchan.testkit.Seeds;
import io.libchan.testkit.Task;
import io.libchan.testkit.Waits;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process in the middle or at the end of a chain is killed at random moments. */
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class ThreeNodesTest {
  private static final int KILLS = Integer.getInteger("libchan.kills", 50);
  private static final int EARLY_KILLS = Math.max(1, KILLS / 5);
  private static final int CAPACITY = 256;

  // B says every hundredth, and may be killed before it says one that it has acknowledged.
  private static final long UNSAID = 200;

  // Two intervals of the nodes' keep-alive, and what a busy machine needs.
  private static final long BOUND_NANOS = 5_000_000_000L;

  /** A, that sends until it can't, and flushes now and then. */
  private static final class Stream {
    final Channel<Item> items = Channel.of(Item.class, CAPACITY);
    final AtomicLong sent = new AtomicLong();
    final AtomicLong flushed = new AtomicLong();
    final Task<Reason> sending = Task.call(this::send);
    volatile long endedAt;

    private Reason send() throws Exception {
      Sender<Item> sender = items.sender();
      try {
        for (long number = 1; ; number++) {
          sender.send(new Item(number));
          sent.set(number);
          if (number % 500 == 0) {
            sender.flush();
            flushed.set(number);
          }
        }
      } catch (ChannelException e) {
        endedAt = System.nanoTime();
        return e.reason();
      }
    }
  }

  /** The next nodes start while the ones before are in use: most of the time is theirs. */
  private static final class Ahead implements AutoCloseable {
    private final Callable<Node> starting;
    private @Nullable Task<Node> next;

    Ahead(Callable<Node> starting) {
      this.starting = starting;
      next = Task.call(starting);
    }

    Node take(boolean more) throws Exception {
      Node node = Objects.requireNonNull(next).result();
      next = more ? Task.call(starting) : null;
      return node;
    }

    @Override
    public void close() {
      if (next != null) {
        try {
          next.result().close();
        } catch (Exception e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  private static Ahead nextMiddle(String uri) {
    return new Ahead(() -> Node.start("p", uri));
  }

  private static void expectEcho(Session toP, long number) throws Exception {
    try (Sender<Echo> echoes = toP.open("echo", Echo.class)) {
      expectEcho(echoes, number);
    }
  }

  private static void expectEcho(Sender<Echo> echoes, long number) throws Exception {
    Channel<Echo> back = Channel.of(Echo.class);
    echoes.send(new Echo(number, back.sender()));
    assertThat(ChannelPair.next(back.receiver()).number()).isEqualTo(number + 1);
  }

  @Test
  void whenTheFarNodeIsKilledTheNearOneLearnsItAndNothingElseIsHurt() throws Exception {
    Random random = Seeds.random("farKills");
    long mostInDoubt = 0;
    long slowest = 0;
    int whileSending = 0;
    try (Ahead ahead = new Ahead(() -> Node.start("b"))) {
      for (int kill = 0; kill < KILLS; kill++) {
        try (Node b = ahead.take(kill + 1 < KILLS);
            Node p = Node.start("p", b.uri());
            Session toP = Libchan.connect(p.uri(), ThreeNodes.options("A"))) {
          Sender<Echo> other = toP.open("echo", Echo.class);
          expectEcho(other, kill);
          Sender<Handover> road = toP.open("items", Handover.class);
          Stream stream = new Stream();
          road.send(new Handover(stream.items.receiver()));
          // More than fit on the way: B has the receiving end.
          long point = CAPACITY + 1L + random.nextInt(40_000);
          Waits.until("so many messages", () -> stream.sent.get() >= point);
          whileSending += stream.sending.isDone() ? 0 : 1;
          long killed = System.nanoTime();
          b.kill();
          Reason reason = stream.sending.result();
          slowest = Math.max(slowest, stream.endedAt - killed);
          assertThat(reason.code()).isIn(ReasonCode.CONNECTION_LOST, ReasonCode.KEEPALIVE_TIMEOUT);
          assertThat(reason.origin()).isEqualTo("B");
          assertThat(reason.hops()).containsExactly("P");
          assertThat(stream.endedAt - killed).isLessThan(BOUND_NANOS);
          assertThat(b.received()).isLessThanOrEqualTo(stream.sent.get() + 1);
          assertThat(stream.flushed.get()).isLessThanOrEqualTo(b.received() + UNSAID);
          assertThat(b.saidWrong()).isFalse();
          long inDoubt = stream.sent.get() - b.received();
          assertThat(inDoubt).isLessThanOrEqualTo(CAPACITY + UNSAID);
          mostInDoubt = Math.max(mostInDoubt, inDoubt);
          expectEcho(other, kill + 1);
          expectEcho(toP, kill + 2);
        }
      }
    }
    assertThat(whileSending).isEqualTo(KILLS);
    System.out.printf(
        "%d kills of B: A knew after at most %d ms, at most %d messages in doubt%n",
        KILLS, slowest / 1_000_000, mostInDoubt);
  }

  /** P may hold the receiving end still: then P tells, of its own. */
  @Test
  void whenTheFarNodeIsKilledBeforeItReceivesTheNearOneLearnsItToo() throws Exception {
    Random random = Seeds.random("earlyKills");
    try (Ahead ahead = new Ahead(() -> Node.start("b"))) {
      for (int kill = 0; kill < EARLY_KILLS; kill++) {
        try (Node b = ahead.take(kill + 1 < EARLY_KILLS);
            Node p = Node.start("p", b.uri());
            Session toP = Libchan.connect(p.uri(), ThreeNodes.options("A"))) {
          Sender<Handover> road = toP.open("items", Handover.class);
          Stream stream = new Stream();
          road.send(new Handover(stream.items.receiver()));
          long point = random.nextInt(CAPACITY);
          Waits.until("so many messages", () -> stream.sent.get() >= point);
          b.kill();
          Reason reason = stream.sending.result();
          assertThat(reason.code()).isIn(ReasonCode.CONNECTION_LOST, ReasonCode.KEEPALIVE_TIMEOUT);
          assertThat(reason.origin()).isIn("B", "P");
          expectEcho(toP, kill);
        }
      }
    }
  }

  @Test
  void whenTheMiddleNodeIsKilledBothOthersLearnIt() throws Exception {
    Random random = Seeds.random("middleKills");
    long slowest = 0;
    try (Node b = Node.start("b");
        Ahead ahead = nextMiddle(b.uri())) {
      for (int kill = 0; kill < KILLS; kill++) {
        try (Node p = ahead.take(kill + 1 < KILLS);
            Session toP = Libchan.connect(p.uri(), ThreeNodes.options("A"))) {
          Stream stream = new Stream();
          Sender<Handover> road = toP.open("items", Handover.class);
          road.send(new Handover(stream.items.receiver()));
          // More than fit on the way: B has the receiving end.
          long point = CAPACITY + UNSAID + random.nextInt(40_000);
          Waits.until("so many messages", () -> stream.sent.get() >= point);
          long killed = System.nanoTime();
          p.kill();
          Reason reason = stream.sending.result();
          slowest = Math.max(slowest, stream.endedAt - killed);
          assertThat(reason.code()).isIn(ReasonCode.CONNECTION_LOST, ReasonCode.KEEPALIVE_TIMEOUT);
          assertThat(stream.endedAt - killed).isLessThan(BOUND_NANOS);
          int losses = kill + 1;
          Waits.until("B to learn it", () -> b.count("lost") == losses);
          assertThat(b.saidWrong()).isFalse();
          assertThat(stream.sent.get() - b.received()).isLessThanOrEqualTo(CAPACITY + UNSAID);
        }
      }
    }
    System.out.printf("%d kills of P: A knew after at most %d ms%n", KILLS, slowest / 1_000_000);
  }
}
