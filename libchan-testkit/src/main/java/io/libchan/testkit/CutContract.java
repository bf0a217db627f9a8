package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Boxes.Request;
import io.libchan.testkit.Boxes.StreamBox;
import io.libchan.testkit.FaultPlan.Cut;
import java.time.Duration;
import java.util.Arrays;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A conversation (requests with return channels, a byte stream there and back) that is cut at every
 * stage, in both directions: whatever was missing, nothing looks complete that is not, and every
 * waiting call ends with one of our exceptions.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
@ExtendWith({Leaks.class, QuietLog.class})
public abstract class CutContract {
  private static final int REQUESTS = 5;
  private static final int STREAM_BYTES = 40_000;
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final int SAMPLES = 16 * Integer.getInteger("libchan.scale", 1);

  /** For subclasses. */
  protected CutContract() {}

  /** What the contract runs on. */
  protected abstract Subject subject();

  @BeforeEach
  void needsBytes() {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        subject().capabilities().contains(Capability.BYTE_CONNECTION));
  }

  @Test
  @Rule({"BYT-1", "MUX-13"})
  void theConversationIsCompleteWhenNothingIsCut() throws Exception {
    FaultPlan plan = new FaultPlan();
    assertThat(converse(plan)).isTrue();
    assertThat(plan.bytesOut()).isGreaterThan(STREAM_BYTES);
    assertThat(plan.bytesIn()).isGreaterThan(STREAM_BYTES);
    assertThat(plan.faults()).isZero();
  }

  @Test
  @Rule({"BYT-2", "CH-22", "CH-41"})
  void anOrderlyEndOfTheConnectionIsNotTheEndOfAnything() throws Exception {
    cutEverywhere(Cut.END);
  }

  @Test
  @Rule({"BYT-2", "CH-22", "CH-41"})
  void aBrokenConnectionIsToldAtEveryStage() throws Exception {
    cutEverywhere(Cut.ABORT);
  }

  @Test
  @Rule({"MUX-12", "CTL-6"})
  void aSilentPeerIsFoundByKeepAlive() throws Exception {
    FaultPlan whole = learn();
    Random random = Seeds.random("aSilentPeerIsFoundByKeepAlive");
    expectCut(plan -> plan.stallOut(0), 1);
    expectCut(plan -> plan.stallOut(sample(random, whole.bytesOut())), 1);
    expectCut(plan -> plan.stallIn(sample(random, whole.bytesIn())), 1);
  }

  @Test
  @Rule({"MUX-15", "CH-22"})
  void aFlippedBitHarmsNoMoreThanItsSession() throws Exception {
    FaultPlan whole = learn();
    Random random = Seeds.random("aFlippedBitHarmsNoMoreThanItsSession");
    int flipped = 0;
    for (int i = 0; i < SAMPLES; i++) {
      // Before the bulk: there a bit makes a difference to the session and not to the data.
      FaultPlan plan = new FaultPlan().flipIn(random.nextInt(300));
      converse(plan, false);
      flipped += plan.faults() > 0 ? 1 : 0;
    }
    assertThat(whole.bytesIn()).isGreaterThan(300);
    assertThat(flipped).isGreaterThan(SAMPLES * 8 / 10);
  }

  private void cutEverywhere(Cut cut) throws Exception {
    FaultPlan whole = learn();
    Random random = Seeds.random("cut by " + cut);
    int hits = 0;
    for (int i = 0; i < SAMPLES; i++) {
      long out = sample(random, whole.bytesOut());
      long in = sample(random, whole.bytesIn());
      hits += expectCut(plan -> plan.cutOut(out, cut), 0);
      hits += expectCut(plan -> plan.cutIn(in, cut), 0);
    }
    // The very first bytes, one by one: the handshake.
    for (int at = 0; at < 30; at++) {
      int border = at;
      hits += expectCut(plan -> plan.cutOut(border, cut), 0);
    }
    assertThat(hits).as("cuts that happened").isGreaterThan((2 * SAMPLES + 30) * 8 / 10);
  }

  /** More often near the begin and the end, where something happens, than in the bulk. */
  private static long sample(Random random, long bytes) {
    return switch (random.nextInt(3)) {
      case 0 -> random.nextInt((int) Math.min(bytes, 2000));
      case 1 -> bytes - 200 - random.nextInt((int) Math.min(bytes - 200, 2000));
      default -> (long) (random.nextDouble() * (bytes - 200));
    };
  }

  private FaultPlan learn() throws Exception {
    FaultPlan plan = new FaultPlan();
    assertThat(converse(plan)).isTrue();
    return plan;
  }

  private int expectCut(Consumer<FaultPlan> fault, int atLeast) throws Exception {
    FaultPlan plan = new FaultPlan();
    fault.accept(plan);
    boolean complete = converse(plan);
    int hit = plan.faults() > 0 ? 1 : 0;
    if (hit == 0) {
      assertThat(complete).as("complete without a fault").isTrue();
    }
    assertThat(hit).isGreaterThanOrEqualTo(atLeast);
    return hit;
  }

  private boolean converse(FaultPlan plan) throws Exception {
    return converse(plan, true);
  }

  /**
   * Has the conversation.
   *
   * @return whether it was complete; else every part of it ended with one of our exceptions
   */
  @SuppressWarnings("try") // a session that may be closed twice
  private boolean converse(FaultPlan plan, boolean exact) throws Exception {
    Subject faulty = FaultTransport.over(subject(), () -> plan, FaultPlan::new);
    Queue<Task<Boolean>> parts = new ConcurrentLinkedQueue<>();
    try (Listener listener =
        faulty.listen(
            faulty.freshUri(),
            quick(faulty.listening(SessionBed.options(faulty))),
            session -> {
              parts.add(Task.call(() -> ended(exact, () -> answer(session))));
              parts.add(Task.call(() -> ended(exact, () -> echo(session))));
              parts.add(Task.call(() -> ended(true, () -> acceptNothing(session))));
            })) {
      boolean complete = true;
      try (Session session =
          faulty.connect(
              listener.uri().toString(), quick(faulty.connecting(SessionBed.options(faulty))))) {
        Task<Boolean> asking = Task.call(() -> ended(exact, () -> ask(session)));
        Task<Boolean> streaming = Task.call(() -> ended(exact, () -> stream(session)));
        if (!exact && !Waits.within(PATIENCE, () -> asking.isDone() && streaming.isDone())) {
          // A changed frame may be a right one that says something else.
          session.abort(Reason.of(ReasonCode.CANCELLED, "the conversation makes no sense"));
        }
        complete &= asking.result();
        complete &= streaming.result();
      } catch (ChannelException e) {
        complete = false;
      }
      Waits.until("no session", () -> listener.sessions() == 0);
      for (Task<Boolean> part : parts) {
        complete &= part.result();
      }
      return complete;
    }
  }

  private static Options quick(Options.Builder options) {
    return options
        .handshakeTimeout(Duration.ofMillis(700))
        .keepAlive(Duration.ofMillis(500), Duration.ofMillis(500))
        .closeTimeout(Duration.ofMillis(500))
        .build();
  }

  /** Whether a part was complete; anything but one of our exceptions fails the test. */
  private static boolean ended(boolean exact, Task.Action part) throws Exception {
    try {
      part.run();
      return true;
    } catch (ChannelException e) {
      assertThat(e.reason().isEnd()).isFalse();
      return false;
    } catch (AssertionError e) {
      if (exact) {
        throw e;
      }
      return false; // the data itself was changed
    }
  }

  private static void ask(Session session) throws Exception {
    Sender<Request> requests = session.open("requests", Request.class);
    try {
      for (int i = 0; i < REQUESTS; i++) {
        Channel<Note> answers = Channel.of(Note.class, 1);
        requests.send(new Request(i, "question", answers.sender()));
        assertThat(ChannelPair.next(answers.receiver())).isEqualTo(Note.of(i));
        ChannelPair.expectEnd(answers.receiver());
      }
      requests.flush(BOUND);
      requests.close();
    } catch (ChannelException e) {
      requests.fail("gave up"); // a close would be an end, and rightly told as one
      throw e;
    }
  }

  private static void answer(Session session) throws Exception {
    Receiver<Request> requests = session.accept("requests", Request.class);
    int count = 0;
    for (Request request = requests.receive(); request != null; request = requests.receive()) {
      request.answers().send(Note.of(request.number()));
      request.answers().close();
      count++;
    }
    assertThat(count).as("requests before the end").isEqualTo(REQUESTS);
  }

  private static void stream(Session session) throws Exception {
    byte[] bytes = new byte[STREAM_BYTES];
    new Random(1).nextBytes(bytes);
    Sender<StreamBox> streams = session.open("streams", StreamBox.class);
    try {
      ByteStream.Pair pair = ByteStream.pair();
      streams.send(new StreamBox(pair.right()));
      pair.left().output().write(bytes);
      pair.left().output().close();
      byte[] back = pair.left().input().readAllBytes();
      assertThat(Arrays.equals(back, bytes)).as("the echo of the stream").isTrue();
      streams.flush(BOUND);
      streams.close();
    } catch (ChannelException e) {
      streams.fail("gave up");
      throw e;
    }
  }

  private static void echo(Session session) throws Exception {
    Receiver<StreamBox> streams = session.accept("streams", StreamBox.class);
    int count = 0;
    for (StreamBox box = streams.receive(); box != null; box = streams.receive()) {
      byte[] bytes = box.stream().input().readAllBytes();
      assertThat(bytes).as("the stream before its end").hasSize(STREAM_BYTES);
      box.stream().output().write(bytes);
      box.stream().output().close();
      count++;
    }
    assertThat(count).as("streams before the end").isEqualTo(1);
  }

  private static void acceptNothing(Session session) throws Exception {
    try {
      throw new AssertionError("accepted " + session.accept("nobody opens this", Note.class));
    } catch (ChannelException e) {
      assertThat(e.reason().isEnd()).isFalse();
    }
  }
}
