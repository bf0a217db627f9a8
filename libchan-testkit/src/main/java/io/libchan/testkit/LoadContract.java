package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Boxes.Loose;
import io.libchan.testkit.Boxes.Payload;
import io.libchan.testkit.Boxes.Request;
import io.libchan.testkit.Boxes.StreamBox;
import io.libchan.testkit.Boxes.Strict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many at once, much at once, and one slow beside the others.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public abstract class LoadContract extends SessionContract {
  private static final int WINDOW = 256 * 1024;
  private static final int REQUESTS = 10_000 * SCALE;
  private static final int CHURN = 20_000 * SCALE;
  private static final Duration LONG = Duration.ofMinutes(2);

  /** For subclasses. */
  protected LoadContract() {}

  @Test
  @Rule({"ATT-1", "ATT-2", "CH-1"})
  void sixtyFourThreadsAskTenThousandQuestions() throws Exception {
    ChannelPair<Request> channel = bed.open(Request.class, 64);
    int threads = 64;
    int each = REQUESTS / threads + 1;
    List<Task<Boolean>> serving = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      serving.add(Task.run(() -> channel.receiver().forEach(LoadContract::answer)));
    }
    List<Task<Integer>> asking = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int first = i * each;
      asking.add(Task.call(() -> ask(channel.sender(), first, each)));
    }
    int answered = 0;
    for (Task<Integer> one : asking) {
      answered += one.result();
    }
    channel.sender().close();
    for (Task<Boolean> one : serving) {
      one.result();
    }
    assertThat(answered).isEqualTo(threads * each);
  }

  private static void answer(Request request) {
    try (Sender<Note> answers = request.answers()) {
      answers.send(new Note(request.number(), request.text()));
    } catch (ChannelException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static int ask(Sender<Request> sender, int first, int count) throws Exception {
    int answered = 0;
    for (int i = first; i < first + count; i++) {
      Channel<Note> answers = Channel.of(Note.class, 1);
      sender.send(new Request(i, "question " + i, answers.sender()));
      assertThat(ChannelPair.next(answers.receiver())).isEqualTo(new Note(i, "question " + i));
      ChannelPair.expectEnd(answers.receiver());
      answered++;
    }
    return answered;
  }

  @Test
  @Rule("MUX-8")
  void aReceiverThatDoesNotReadHoldsUpNobodyElse() throws Exception {
    ChannelPair<Payload> slow = bed.open(Payload.class, 1000);
    Task<Boolean> stuck =
        Task.run(
            () -> {
              byte[] chunk = new byte[60_000];
              for (int i = 0; i < 1000; i++) {
                slow.sender().send(new Payload(i, chunk));
              }
            });
    stuck.awaitBlocked();
    ChannelPair<Note> fast = bed.open(Note.class, 100);
    Task<Boolean> sending =
        Task.run(
            () -> {
              for (int i = 0; i < 10_000; i++) {
                fast.sender().send(Note.of(i));
              }
              fast.sender().close();
            });
    for (int i = 0; i < 10_000; i++) {
      assertThat(fast.next().number()).isEqualTo(i);
    }
    fast.expectEnd();
    sending.result();
    assertThat(stuck.isDone()).isFalse();
    slow.receiver().close();
    stuck.failure(ChannelException.class);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        1,
        125,
        WINDOW / 2,
        WINDOW - 64,
        WINDOW - 1,
        WINDOW,
        WINDOW + 1,
        3 * WINDOW,
        3_000_000 // four thirds of it in JSON are still less than the limit
      })
  @Rule({"MUX-6", "MUX-9", "MUX-10"})
  void messagesOfAnySizeArriveWhole(int size) throws Exception {
    ChannelPair<Payload> channel = bed.open(Payload.class, 2);
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    Task<Boolean> sending =
        Task.run(
            () -> {
              for (int i = 0; i < 3; i++) {
                channel.sender().send(new Payload(i, bytes));
              }
              channel.sender().close();
            });
    for (int i = 0; i < 3; i++) {
      Payload arrived = channel.next();
      assertThat(arrived.number()).isEqualTo(i);
      assertThat(arrived.bytes()).isEqualTo(bytes);
    }
    channel.expectEnd();
    sending.result();
  }

  @Test
  @Rule({"MUX-8", "MUX-10"})
  void bothSidesMaySendMuchBeforeTheyReceive() throws Exception {
    ChannelPair<Payload> there = bed.open(Payload.class, 4);
    Session near = bed.near();
    Sender<Payload> back = bed.far().open("back", Payload.class, 4);
    Receiver<Payload> answers = near.accept("back", Payload.class, BOUND);
    byte[] bytes = new byte[1_000_000];
    Task<Boolean> one = Task.run(() -> sendThenReceive(there.sender(), answers, bytes));
    Task<Boolean> two = Task.run(() -> sendThenReceive(back, there.receiver(), bytes));
    one.result();
    two.result();
  }

  private static void sendThenReceive(Sender<Payload> out, Receiver<Payload> in, byte[] bytes)
      throws Exception {
    for (int i = 0; i < 3; i++) {
      out.send(new Payload(i, bytes));
    }
    for (int i = 0; i < 3; i++) {
      assertThat(ChannelPair.next(in).bytes()).hasSize(bytes.length);
    }
  }

  @Test
  void aRandomLoadBalancesInTheLedger() throws Exception {
    Random random = Seeds.random("aRandomLoadBalancesInTheLedger");
    Ledger ledger = new Ledger();
    List<Task<Boolean>> tasks = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      ChannelPair<Payload> channel = bed.open(Payload.class, random.nextInt(8));
      String name = "channel " + i;
      long seed = random.nextLong();
      tasks.add(Task.run(() -> sendRandomly(channel.sender(), name, seed, ledger)));
      tasks.add(
          Task.run(
              () ->
                  channel
                      .receiver()
                      .forEach(
                          payload -> ledger.received(name, payload.number(), payload.bytes()))));
    }
    for (Task<Boolean> task : tasks) {
      task.result();
    }
    assertThat(ledger.sentCount()).isEqualTo(6 * 150);
    ledger.check();
  }

  private static void sendRandomly(Sender<Payload> sender, String name, long seed, Ledger ledger)
      throws Exception {
    Random random = new Random(seed);
    for (int i = 0; i < 150; i++) {
      byte[] bytes = new byte[random.nextInt(random.nextInt(10) == 0 ? 300_000 : 3_000)];
      random.nextBytes(bytes);
      ledger.sent(name, i, bytes);
      sender.send(new Payload(i, bytes));
    }
    sender.close();
  }

  @Test
  @Rule({"MUX-9", "CH-23", "ATT-6"})
  void creditComesBackWhateverEndedAChannel() throws Exception {
    byte[] bytes = new byte[100_000];
    for (int i = 0; i < 120; i++) {
      ChannelPair<Payload> channel = bed.open(Payload.class, 8);
      channel.sender().send(new Payload(i, bytes));
      channel.sender().send(new Payload(i, bytes));
      switch (i % 4) {
        case 0 -> channel.receiver().close();
        case 1 -> channel.sender().fail("gave up");
        case 2 -> {
          channel.next();
          channel.receiver().close(Reason.of(ReasonCode.CANCELLED, "one is enough"));
        }
        default -> mismatch();
      }
      channel.sender().close();
      channel.receiver().close();
    }
    for (int i = 0; i < 40; i++) {
      ChannelPair<StreamBox> road = bed.open(StreamBox.class, 4);
      io.libchan.ByteStream.Pair pair = io.libchan.ByteStream.pair();
      pair.left().output().write(new byte[60_000]);
      road.sender().send(new StreamBox(pair.right()));
      pair.left().reset(Reason.of(ReasonCode.FAILED, "gave up"));
      road.sender().close();
      road.receiver().close();
    }
    // More than all windows together: nothing of it was lost.
    ChannelPair<Payload> channel = bed.open(Payload.class, 64);
    Task<Boolean> sending =
        Task.run(
            () -> {
              for (int i = 0; i < 400; i++) {
                channel.sender().send(new Payload(i, bytes));
              }
              channel.sender().close();
            });
    for (int i = 0; i < 400; i++) {
      assertThat(channel.next().number()).isEqualTo(i);
    }
    channel.expectEnd();
    sending.result();
  }

  private void mismatch() throws Exception {
    if (!subject().carriesOpenTypes()) {
      return;
    }
    ChannelPair<Loose> channel = bed.open(Loose.class, Strict.class, 2);
    channel.sender().send(new Loose("not a list"));
    assertThatThrownBy(() -> ((Receiver<?>) channel.receiver()).receive(BOUND))
        .isInstanceOf(ChannelException.class);
    channel.sender().close();
    ChannelPair.expectEnd(channel.receiver());
  }

  @Test
  @Rule({"CTL-7", "CH-24", "MUX-14"})
  void twentyThousandChannelsComeAndGoOnOneSession() throws Exception {
    int threads = 8;
    int each = CHURN / threads;
    Session far = bed.far();
    Session near = bed.near();
    List<Task<Long>> accepting = new ArrayList<>();
    List<Task<Boolean>> opening = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int first = i * each;
      accepting.add(Task.call(() -> acceptMany(far, each)));
      opening.add(Task.run(() -> openMany(near, first, each)));
    }
    for (Task<Boolean> one : opening) {
      one.result(LONG);
    }
    long sum = 0;
    for (Task<Long> one : accepting) {
      sum += one.result(LONG);
    }
    long count = (long) threads * each;
    assertThat(sum).isEqualTo(count * (count - 1) / 2);
    bed.expectAlive();
  }

  private static void openMany(Session session, int first, int count) throws Exception {
    for (int i = first; i < first + count; i++) {
      try (Sender<Note> sender = session.open("churn", Note.class, 1)) {
        sender.send(Note.of(i));
        sender.flush();
      }
    }
  }

  private static long acceptMany(Session session, int count) throws Exception {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      try (Receiver<Note> receiver = session.accept("churn", Note.class, BOUND)) {
        sum += ChannelPair.next(receiver).number();
        ChannelPair.expectEnd(receiver);
      }
    }
    return sum;
  }
}
