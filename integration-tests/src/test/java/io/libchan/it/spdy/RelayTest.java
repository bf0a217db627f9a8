package io.libchan.it.spdy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Limits;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What comes over wire 1 is sent on over SPDY, and the reverse: one node, in the middle, gives ends
 * from one side to the other. See docs/go-reference.md, "sending an end on".
 */
@ExtendWith(QuietLog.class)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RelayTest {
  record Job(Sender<Answer> answers, Receiver<Integer> numbers, ByteStream bytes) {}

  record Answer(int sum, Sender<String> down, Receiver<String> up) {}

  record Bulk(Receiver<byte[]> blocks) {}

  record Open(Object value, Sender<Object> answers) {}

  private static final Options SMALL =
      Options.builder()
          .closeTimeout(Duration.ofMillis(500))
          .limits(Limits.DEFAULTS.withMaxSessionBytes(1 << 20))
          .build();

  private final List<AutoCloseable> open = new ArrayList<>();
  private final Map<String, LinkedBlockingQueue<Session>> accepted = new LinkedHashMap<>();

  /** Wire 1: the near one connects to the middle. */
  private Session near;

  private Session nearAtMiddle;

  /** SPDY: the middle connects to the far one. */
  private Session farAtMiddle;

  private Session far;

  @BeforeEach
  void start() throws Exception {
    near = session("tcp");
    nearAtMiddle = accepted.get("tcp").take();
    farAtMiddle = session("spdy");
    far = accepted.get("spdy").take();
  }

  private Session session(String scheme) throws Exception {
    LinkedBlockingQueue<Session> sessions = new LinkedBlockingQueue<>();
    accepted.put(scheme, sessions);
    Listener listener = Libchan.listen(scheme + "://127.0.0.1:0", SMALL, sessions::add);
    open.add(listener);
    Session session = Libchan.connect(listener.uri().toString(), SMALL);
    open.add(0, session);
    return session;
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  /** Sends one message from a session to another one, over the middle. */
  private <T> T sentOn(T message, Class<T> type, boolean outwards) throws Exception {
    Session from = outwards ? near : far;
    Session to = outwards ? far : near;
    from.open(type).send(message);
    T there = (outwards ? nearAtMiddle : farAtMiddle).accept(type).receive();
    (outwards ? farAtMiddle : nearAtMiddle).open(type).send(there);
    return to.accept(type).receive();
  }

  /** Channels and bytes both ways, and the ends of messages that are relayed already. */
  private void exchange(boolean outwards) throws Exception {
    Channel<Answer> answers = Channel.of(Answer.class);
    Channel<Integer> numbers = Channel.of(Integer.class);
    ByteStream.Pair bytes = ByteStream.pair();
    Job job =
        sentOn(new Job(answers.sender(), numbers.receiver(), bytes.right()), Job.class, outwards);

    CompletableFuture<String> echo =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                byte[] all = job.bytes().input().readAllBytes();
                job.bytes().output().write(all);
                job.bytes().output().write('!');
                job.bytes().output().close();
                return new String(all, UTF_8);
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    bytes.left().output().write("hello".repeat(50_000).getBytes(UTF_8));
    bytes.left().output().close();
    assertThat(bytes.left().input().readAllBytes()).hasSize(250_001).endsWith('!');
    assertThat(echo.get()).isEqualTo("hello".repeat(50_000));

    CompletableFuture<Void> sending =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (int i = 0; i < 5000; i++) {
                  numbers.sender().send(i);
                }
                numbers.sender().close();
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    int expected = 0;
    for (Integer each = job.numbers().receive(); each != null; each = job.numbers().receive()) {
      assertThat(each).isEqualTo(expected++);
    }
    assertThat(expected).isEqualTo(5000);
    sending.get();

    Channel<String> down = Channel.of(String.class);
    Channel<String> up = Channel.of(String.class);
    job.answers().send(new Answer(expected, down.sender(), up.receiver()));
    job.answers().close();
    Answer answer = answers.receiver().receive();
    assertThat(answer.sum()).isEqualTo(5000);
    assertThat(answers.receiver().receive()).isNull();
    answer.down().send("down");
    answer.down().close();
    assertThat(down.receiver().receive()).isEqualTo("down");
    assertThat(down.receiver().receive()).isNull();
    up.sender().send("up");
    up.sender().close();
    assertThat(answer.up().receive()).isEqualTo("up");
    assertThat(answer.up().receive()).isNull();
  }

  @Test
  void fromWire1ToSpdy() throws Exception {
    exchange(true);
  }

  @Test
  void fromSpdyToWire1() throws Exception {
    exchange(false);
  }

  /** Out over SPDY, and from there back to where it began; the loop is not cut, and holds. */
  @Test
  void thereAndBack() throws Exception {
    Channel<Answer> answers = Channel.of(Answer.class);
    Channel<Integer> numbers = Channel.of(Integer.class);
    ByteStream.Pair bytes = ByteStream.pair();
    Job there =
        sentOn(new Job(answers.sender(), numbers.receiver(), bytes.right()), Job.class, true);
    numbers.sender().send(1);
    Job back = sentOn(there, Job.class, false);
    numbers.sender().send(2);
    numbers.sender().close();
    assertThat(back.numbers().receive()).isEqualTo(1);
    assertThat(back.numbers().receive()).isEqualTo(2);
    assertThat(back.numbers().receive()).isNull();
    back.answers().send(new Answer(3, null, null));
    back.answers().close();
    assertThat(answers.receiver().receive().sum()).isEqualTo(3);
    assertThat(answers.receiver().receive()).isNull();
    bytes.left().output().write("around".getBytes(UTF_8));
    bytes.left().output().close();
    assertThat(back.bytes().input().readAllBytes()).asString(UTF_8).isEqualTo("around");
    back.bytes().output().write("again".getBytes(UTF_8));
    back.bytes().output().close();
    assertThat(bytes.left().input().readAllBytes()).asString(UTF_8).isEqualTo("again");
  }

  /** What the middle does not know as a record stays whole, with its ends. */
  @Test
  void openTypesKeepAll() throws Exception {
    Channel<Object> answers = Channel.of(Object.class);
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("Text", "t");
    value.put("List", List.of(1, 2.5, "three"));
    Open got = sentOn(new Open(value, answers.sender()), Open.class, true);
    assertThat(got.value()).isEqualTo(value);
    Channel<Object> nested = Channel.of(Object.class);
    got.answers().send(Map.of("Reply", nested.sender()));
    Object answer = answers.receiver().receive();
    @SuppressWarnings("unchecked")
    Sender<Object> reply = (Sender<Object>) ((Map<String, Object>) answer).get("Reply");
    reply.send("nested");
    assertThat(nested.receiver().receive()).isEqualTo("nested");
  }

  /** The reader at the end of the row holds the writer at its beginning. */
  @Test
  void backPressurePasses() throws Exception {
    Channel<byte[]> blocks = Channel.of(byte[].class);
    Bulk bulk = sentOn(new Bulk(blocks.receiver()), Bulk.class, true);
    byte[] block = new byte[64 << 10];
    int sent = 0;
    try {
      while (sent < 1000) { // 64 MiB
        blocks.sender().send(block, Duration.ofSeconds(1));
        sent++;
      }
    } catch (TimeoutException e) {
      // as it should
    }
    assertThat(sent).isBetween(1, 400); // queues of three nodes, and sockets
    CompletableFuture<Integer> read =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                int count = 0;
                while (bulk.blocks().receive() != null) {
                  count++;
                }
                return count;
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    blocks.sender().send(block);
    blocks.sender().close();
    assertThat(read.get()).isEqualTo(sent + 1);
  }

  /** SPDY has no reasons, but a failure is never an end; wire 1 is told whatever is known. */
  @Test
  void failuresPassBothWays() throws Exception {
    Channel<Integer> numbers = Channel.of(Integer.class);
    Job job = sentOn(new Job(null, numbers.receiver(), null), Job.class, true);
    numbers.sender().fail("broken");
    assertThatThrownBy(job.numbers()::receive).isInstanceOf(ChannelException.class);

    Channel<Integer> others = Channel.of(Integer.class);
    Job closed = sentOn(new Job(null, others.receiver(), null), Job.class, true);
    closed.numbers().close();
    Waits.until("the sender is told", () -> fails(() -> others.sender().send(1)));

    Channel<Answer> answers = Channel.of(Answer.class);
    Job back = sentOn(new Job(answers.sender(), null, null), Job.class, false);
    answers.receiver().close();
    Waits.until("the sender is told", () -> fails(() -> back.answers().send(answer(1))));
  }

  @Test
  void theLossOfOneSideIsToldOnTheOther() throws Exception {
    Channel<Answer> answers = Channel.of(Answer.class);
    Channel<Integer> numbers = Channel.of(Integer.class);
    ByteStream.Pair bytes = ByteStream.pair();
    Job job = sentOn(new Job(answers.sender(), numbers.receiver(), bytes.right()), Job.class, true);
    assertThat(job.bytes()).isNotNull();
    far.abort(Reason.of(ReasonCode.FAILED, "gone"));
    assertThatThrownBy(answers.receiver()::receive).isInstanceOf(ChannelException.class);
    assertThatThrownBy(() -> bytes.left().input().read()).isInstanceOf(java.io.IOException.class);
    Waits.until("the sender is told", () -> fails(() -> numbers.sender().send(1)));
  }

  @Test
  void theLossOfWire1IsNoEndForTheOtherSide() throws Exception {
    Channel<Answer> answers = Channel.of(Answer.class);
    Channel<Integer> numbers = Channel.of(Integer.class);
    ByteStream.Pair bytes = ByteStream.pair();
    Job job = sentOn(new Job(answers.sender(), numbers.receiver(), bytes.right()), Job.class, true);
    near.abort(Reason.of(ReasonCode.FAILED, "gone"));
    assertThatThrownBy(job.numbers()::receive).isInstanceOf(ChannelException.class);
    assertThatThrownBy(() -> job.bytes().input().read()).isInstanceOf(java.io.IOException.class);
    Waits.until("the sender is told", () -> fails(() -> job.answers().send(answer(1))));
  }

  /** A rendezvous can't be promised there: the message is refused, and its ends are whole. */
  @Test
  void aRendezvousIsNotSentOn() throws Exception {
    Channel<Integer> numbers = Channel.of(Integer.class, 0);
    near.open(Job.class).send(new Job(null, numbers.receiver(), null));
    Job job = nearAtMiddle.accept(Job.class).receive();
    Sender<Job> on = farAtMiddle.open(Job.class);
    assertThatThrownBy(() -> on.send(job))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("SPDY-20");
    CompletableFuture<Void> sending =
        CompletableFuture.runAsync(
            () -> {
              try {
                numbers.sender().send(5);
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    assertThat(job.numbers().receive()).isEqualTo(5);
    sending.get();
  }

  private static Answer answer(int sum) {
    return new Answer(sum, null, null);
  }

  private interface Sending {
    void run() throws Exception;
  }

  private static boolean fails(Sending sending) throws Exception {
    try {
      sending.run();
      return false;
    } catch (ChannelException e) {
      return true;
    }
  }
}
