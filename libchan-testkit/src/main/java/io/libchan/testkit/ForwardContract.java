package io.libchan.testkit;

import static io.libchan.testkit.Waits.SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.testkit.Boxes.Payload;
import io.libchan.testkit.Boxes.Request;
import io.libchan.testkit.Boxes.SenderBox;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Ends that came from a peer and are sent on: to another peer, or back to the same.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
@ExtendWith({Leaks.class, QuietLog.class})
public abstract class ForwardContract {
  private static final int FAILED = ReasonCode.FIRST_APPLICATION_NUMBER + 7;
  private static final int BYTES = 2 * 1024 * 1024;

  /** Nodes 0 to 3. */
  protected Chain chain;

  /** For subclasses. */
  protected ForwardContract() {}

  /** What the contract runs on. */
  protected abstract Subject subject();

  /** Whether the first session is connected from its right side. */
  protected boolean swapped() {
    return false;
  }

  @BeforeEach
  void makeChain() throws Exception {
    chain = new Chain(subject(), 3, swapped(), UnaryOperator.identity());
  }

  @AfterEach
  void closeChain() throws Exception {
    chain.close();
  }

  private static void expectOneToHundred(Sender<Note> sender, Receiver<Note> receiver)
      throws Exception {
    Task<Boolean> sending =
        Task.run(
            () -> {
              for (int i = 1; i <= 100; i++) {
                sender.send(Note.of(i));
              }
              sender.close();
            });
    for (int i = 1; i <= 100; i++) {
      assertThat(ChannelPair.next(receiver)).isEqualTo(Note.of(i));
    }
    ChannelPair.expectEnd(receiver);
    sending.result();
  }

  // Channels.

  @Test
  @Rule({"FWD-1", "FWD-4"})
  void aSenderThatWasReceivedIsSentOn() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 8);
    Sender<Note> far = chain.carry(0, 3, channel.sender());
    assertThat(far.capacity()).isEqualTo(8);
    expectOneToHundred(far, channel.receiver());
  }

  @Test
  @Rule({"FWD-1", "FWD-4"})
  void aReceiverThatWasReceivedIsSentOn() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 8);
    Receiver<Note> far = chain.carry(0, 3, channel.receiver());
    expectOneToHundred(channel.sender(), far);
  }

  @Test
  @Rule("FWD-1")
  void bothEndsOfAChannelAreSentToDifferentPeers() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 8);
    channel.sender().send(Note.of(0));
    Sender<Note> left = chain.carry(1, 0, channel.sender());
    Receiver<Note> right = chain.carry(1, 3, channel.receiver());
    assertThat(ChannelPair.next(right)).isEqualTo(Note.of(0));
    expectOneToHundred(left, right);
  }

  @Test
  @Rule("FWD-1")
  void bothEndsOfAChannelAreSentAwayTheReceiverFirst() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 8);
    channel.sender().send(Note.of(0));
    Receiver<Note> right = chain.carry(1, 3, channel.receiver());
    Sender<Note> left = chain.carry(1, 0, channel.sender());
    assertThat(ChannelPair.next(right)).isEqualTo(Note.of(0));
    expectOneToHundred(left, right);
  }

  @Test
  @Rule("FWD-1")
  void whatWasReceivedBeforeAnEndIsSentOnStaysReceived() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 4);
    Receiver<Note> middle = chain.carry(0, 1, channel.receiver());
    for (int i = 0; i < 4; i++) {
      channel.sender().send(Note.of(i));
    }
    assertThat(ChannelPair.next(middle)).isEqualTo(Note.of(0));
    assertThat(ChannelPair.next(middle)).isEqualTo(Note.of(1));
    Receiver<Note> far = chain.carry(1, 2, middle);
    channel.sender().send(Note.of(4), Waits.BOUND);
    channel.sender().send(Note.of(5), Waits.BOUND);
    assertThat(channel.sender().trySend(Note.of(6))).isFalse();
    for (int i = 2; i < 6; i++) {
      assertThat(ChannelPair.next(far)).isEqualTo(Note.of(i));
    }
    channel.sender().flush(Waits.BOUND);
  }

  @Test
  @Rule({"FWD-2", "FWD-3"})
  void nestedAttachmentsAreRelayedAtEveryHop() throws Exception {
    Channel<Request> requests = Channel.of(Request.class, 4);
    ChannelPair<Boxes.Link> unused = chain.road(0, Boxes.Link.class, 1);
    ChannelPair<RequestBox> first = chain.road(0, RequestBox.class, 1);
    first.sender().send(new RequestBox(requests.receiver()));
    ChannelPair<RequestBox> second = chain.road(1, RequestBox.class, 1);
    second.sender().send(first.next());
    Receiver<Request> far = second.next().requests();
    Channel<Note> answers = Channel.of(Note.class, 2);
    requests.sender().send(new Request(1, "ask", answers.sender()));
    Request request = ChannelPair.next(far);
    assertThat(request.text()).isEqualTo("ask");
    expectOneToHundred(request.answers(), answers.receiver());
    requests.sender().close();
    ChannelPair.expectEnd(far);
    unused.sender().close();
  }

  /** A receiver of requests in a message. */
  public record RequestBox(Receiver<Request> requests) {}

  @Test
  @Rule("FWD-4")
  void aRendezvousStaysOneOverThreeHops() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 0);
    Receiver<Note> far = chain.carry(0, 3, channel.receiver());
    Task<Boolean> sending = Task.run(() -> channel.sender().send(Note.of(1))).awaitBlocked();
    assertThat(sending.isDone()).isFalse();
    assertThat(ChannelPair.next(far)).isEqualTo(Note.of(1));
    sending.result();
  }

  @Test
  @Rule("FWD-4")
  void aRendezvousThatGivesUpKnowsTheOutcomeOverThreeHops() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 0);
    Receiver<Note> far = chain.carry(0, 3, channel.receiver());
    assertThatThrownBy(() -> channel.sender().send(Note.of(1), SHORT))
        .isInstanceOf(TimeoutException.class);
    Task<Boolean> sending = Task.run(() -> channel.sender().send(Note.of(2)));
    assertThat(ChannelPair.next(far)).isEqualTo(Note.of(2));
    sending.result();
    channel.sender().close();
    ChannelPair.expectEnd(far);
  }

  @Test
  @Rule("FWD-4")
  void flushWaitsForTheFarEnd() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 100);
    Receiver<Note> far = chain.carry(0, 3, channel.receiver());
    channel.sender().send(Note.of(1));
    channel.sender().send(Note.of(2));
    Task<Boolean> flushing = Task.run(() -> channel.sender().flush()).awaitBlocked();
    assertThat(ChannelPair.next(far)).isEqualTo(Note.of(1));
    assertThat(flushing.isDone()).isFalse();
    assertThat(ChannelPair.next(far)).isEqualTo(Note.of(2));
    flushing.result();
  }

  @Test
  @Rule("FWD-4")
  void aSlowReceiverIsFeltByTheSenderInMessages() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 3);
    Receiver<Note> far = chain.carry(0, 3, channel.receiver());
    for (int i = 0; i < 3; i++) {
      channel.sender().send(Note.of(i), Waits.BOUND);
    }
    Task<Boolean> fourth = Task.run(() -> channel.sender().send(Note.of(3))).awaitBlocked();
    for (int i = 0; i < 4; i++) {
      assertThat(ChannelPair.next(far)).isEqualTo(Note.of(i));
    }
    fourth.result();
  }

  @Test
  @Rule("FWD-5")
  void aSlowReceiverIsFeltByTheSenderInBytes() throws Exception {
    ChannelPair<PayloadBox> first = chain.road(0, PayloadBox.class, 1);
    Channel<Payload> channel = Channel.of(Payload.class, 100_000);
    first.sender().send(new PayloadBox(channel.receiver()));
    ChannelPair<PayloadBox> second = chain.road(1, PayloadBox.class, 1);
    second.sender().send(first.next());
    Receiver<Payload> far = second.next().payloads();
    byte[] bytes = new byte[10_000];
    int sent = 0;
    Task<Boolean> blocked = null;
    while (blocked == null) {
      if (channel.sender().trySend(new Payload(sent, bytes))) {
        sent++;
      } else {
        int next = sent;
        Task<Boolean> last = Task.run(() -> channel.sender().send(new Payload(next, bytes)));
        if (last.endsWithoutWaiting()) {
          sent++;
        } else {
          blocked = last;
        }
      }
      // One window and one queue a hop, and what the sockets hold.
      assertThat(sent).isLessThan(2_000);
    }
    for (int i = 0; i <= sent; i++) {
      assertThat(ChannelPair.next(far).number()).isEqualTo(i);
    }
    blocked.result();
  }

  /** A receiver of bytes in a message. */
  public record PayloadBox(Receiver<Payload> payloads) {}

  // How things end.

  @Test
  @Rule({"FWD-6", "CH-30"})
  void aSendersReasonArrivesUnchangedWithTheHopsItPassed() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 4);
    Receiver<Note> far = chain.carry(0, 3, channel.receiver());
    channel.sender().send(Note.of(1));
    channel.sender().fail(new Reason(FAILED, "no paper", "", List.of()));
    assertThat(ChannelPair.next(far)).isEqualTo(Note.of(1));
    Reason reason = ChannelPair.failure(far, ChannelReset.class).reason();
    assertThat(reason.number()).isEqualTo(FAILED);
    assertThat(reason.message()).isEqualTo("no paper");
    assertThat(reason.origin()).isEqualTo("n0");
    assertThat(reason.hops()).containsExactly("n1", "n2");
  }

  @Test
  @Rule({"FWD-6", "CH-30"})
  void aReceiversReasonArrivesUnchangedWithTheHopsItPassed() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 4);
    Sender<Note> far = chain.carry(0, 3, channel.sender());
    channel.receiver().close(new Reason(FAILED, "enough", "", List.of()));
    Reason reason = Waits.value(far.closed());
    assertThat(reason.number()).isEqualTo(FAILED);
    assertThat(reason.origin()).isEqualTo("n0");
    assertThat(reason.hops()).containsExactly("n1", "n2");
    assertThatThrownBy(() -> far.send(Note.of(1))).isInstanceOf(ChannelException.class);
  }

  @Test
  @Rule("FWD-6")
  void aLegThatDiesIsToldWithItsOriginAndHarmsNothingElse() throws Exception {
    ChannelPair<Note> other = chain.road(0, Note.class, 4);
    Channel<Note> there = Channel.of(Note.class, 4);
    Channel<Note> back = Channel.of(Note.class, 4);
    Receiver<Note> farReceiver = chain.carry(0, 3, there.receiver());
    Sender<Note> farSender = chain.carry(0, 3, back.sender());
    there.sender().send(Note.of(1));
    assertThat(ChannelPair.next(farReceiver)).isEqualTo(Note.of(1));
    chain.right(2).abort(Reason.of(ReasonCode.FAILED, "pulled"));
    Reason reason = Waits.value(there.sender().closed());
    assertThat(reason.code()).isEqualTo(ReasonCode.FAILED);
    assertThat(reason.origin()).isEqualTo("n3");
    assertThat(reason.hops()).containsExactly("n2", "n1");
    assertThatThrownBy(() -> there.sender().send(Note.of(2))).isInstanceOf(ChannelReset.class);
    assertThat(ChannelPair.failure(back.receiver(), ChannelReset.class).reason().origin())
        .isEqualTo("n3");
    assertThatThrownBy(() -> farSender.send(Note.of(3))).isInstanceOf(ChannelException.class);
    other.sender().send(Note.of(5));
    assertThat(other.next()).isEqualTo(Note.of(5));
    ChannelPair<Note> fresh = chain.road(0, Note.class, 4);
    fresh.sender().send(Note.of(6));
    assertThat(fresh.next()).isEqualTo(Note.of(6));
  }

  @Test
  @Rule({"FWD-6", "ATT-6"})
  void anAttachmentThatNobodyTakesAtTheFarEndIsReleasedAtTheNearOne() throws Exception {
    Channel<SenderBox> boxes = Channel.of(SenderBox.class, 4);
    ChannelPair<BoxesBox> first = chain.road(0, BoxesBox.class, 1);
    first.sender().send(new BoxesBox(boxes.receiver()));
    ChannelPair<LooseBox> second = chain.road(1, LooseBox.class, 1);
    second.sender().send(new LooseBox(loose(first.next().boxes())));
    Receiver<Note> far = second.next().boxes();
    Channel<Note> lost = Channel.of(Note.class, 4);
    boxes.sender().send(new SenderBox(3, lost.sender()));
    assertThat(ChannelPair.next(far).number()).isEqualTo(3);
    assertThat(Waits.value(lost.receiver().closed()).code()).isEqualTo(ReasonCode.UNCLAIMED);
  }

  @SuppressWarnings("unchecked") // the far side decodes the fields that it knows
  private static Receiver<Note> loose(Receiver<?> receiver) {
    return (Receiver<Note>) receiver;
  }

  /** A receiver of boxes in a message. */
  public record BoxesBox(Receiver<SenderBox> boxes) {}

  /** The same, of which the numbers alone are looked at. */
  public record LooseBox(Receiver<Note> boxes) {}

  // Byte streams.

  private static byte[] someBytes(long seed) {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static long sum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return crc.getValue();
  }

  @Test
  @Rule("FWD-7")
  void aByteStreamThatWasReceivedIsSentOn() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    ByteStream far = chain.carry(0, 3, pair.left());
    byte[] there = someBytes(1);
    byte[] back = someBytes(2);
    Task<Boolean> near =
        Task.run(
            () -> {
              pair.right().output().write(there);
              pair.right().output().close();
            });
    assertThat(sum(far.input().readAllBytes())).isEqualTo(sum(there));
    near.result();
    Task<Boolean> answering =
        Task.run(
            () -> {
              far.output().write(back);
              far.output().close();
            });
    assertThat(sum(pair.right().input().readAllBytes())).isEqualTo(sum(back));
    answering.result();
  }

  @Test
  @Rule("FWD-7")
  void bothEndsOfAByteStreamAreSentToDifferentPeers() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    pair.left().output().write(7);
    ByteStream left = chain.carry(1, 0, pair.left());
    ByteStream right = chain.carry(1, 3, pair.right());
    left.output().write(8);
    left.output().close();
    assertThat(right.input().readAllBytes()).containsExactly(7, 8);
    right.output().write(9);
    right.output().close();
    assertThat(left.input().readAllBytes()).containsExactly(9);
  }

  @Test
  @Rule("FWD-7")
  void theResetOfAByteStreamPassesEveryHop() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    ByteStream far = chain.carry(0, 3, pair.left());
    far.reset(new Reason(FAILED, "broken", "", List.of()));
    Task<Integer> reading = Task.call(() -> pair.right().input().read());
    ChannelException failure = reading.failure(ChannelException.class);
    assertThat(failure.reason().number()).isEqualTo(FAILED);
  }

  @Test
  @Rule("FWD-7")
  void aByteStreamWhoseLegDiesFailsAndDoesNotEnd() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    ByteStream far = chain.carry(0, 3, pair.left());
    far.output().write(1);
    assertThat(pair.right().input().read()).isEqualTo(1);
    chain.right(2).abort(Reason.of(ReasonCode.FAILED, "pulled"));
    Task.call(() -> pair.right().input().read()).failure(IOException.class);
  }

  // Back where they came from.

  @Test
  @Rule({"FWD-10", "FWD-12"})
  void aReceiverThatComesBackGetsEverythingInOrder() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 16);
    channel.sender().send(Note.of(1));
    Receiver<Note> there = chain.carry(0, 1, channel.receiver());
    channel.sender().send(Note.of(2));
    assertThat(ChannelPair.next(there)).isEqualTo(Note.of(1));
    Receiver<Note> back = chain.carry(1, 0, there);
    channel.sender().send(Note.of(3));
    assertThat(ChannelPair.next(back)).isEqualTo(Note.of(2));
    assertThat(ChannelPair.next(back)).isEqualTo(Note.of(3));
    channel.sender().send(Note.of(4));
    channel.sender().close();
    assertThat(ChannelPair.next(back)).isEqualTo(Note.of(4));
    ChannelPair.expectEnd(back);
  }

  @Test
  @Rule({"FWD-10", "FWD-12"})
  void aSenderThatComesBackSendsAfterWhatWasSent() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 16);
    Sender<Note> there = chain.carry(0, 1, channel.sender());
    there.send(Note.of(1));
    Sender<Note> back = chain.carry(1, 0, there);
    back.send(Note.of(2));
    assertThat(ChannelPair.next(channel.receiver())).isEqualTo(Note.of(1));
    assertThat(ChannelPair.next(channel.receiver())).isEqualTo(Note.of(2));
    back.close();
    ChannelPair.expectEnd(channel.receiver());
  }

  @Test
  @Rule({"FWD-10", "FWD-12", "FWD-13"})
  void anEndThatIsSentBackAndForthKeepsTheOrder() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 64);
    int count = 20_000;
    Task<Boolean> sending =
        Task.run(
            () -> {
              for (int i = 0; i < count; i++) {
                channel.sender().send(Note.of(i));
              }
              channel.sender().close();
            });
    Receiver<Note> end = channel.receiver();
    int next = 0;
    for (int bounce = 0; bounce < 50; bounce++) {
      end = chain.carry(0, 1, end);
      next = receiveSome(end, next, bounce % 7);
      end = chain.carry(1, 0, end);
      next = receiveSome(end, next, bounce % 5);
    }
    while (next < count) {
      next = receiveSome(end, next, 1);
    }
    ChannelPair.expectEnd(end);
    sending.result();
  }

  private static int receiveSome(Receiver<Note> end, int from, int count) throws Exception {
    for (int i = from; i < from + count; i++) {
      assertThat(ChannelPair.next(end).number()).isEqualTo(i);
    }
    return from + count;
  }

  @Test
  @Rule({"FWD-10", "FWD-12"})
  void anEndThatWentFarAndCameBackWorks() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 16);
    channel.sender().send(Note.of(1));
    Receiver<Note> far = chain.carry(0, 3, channel.receiver());
    channel.sender().send(Note.of(2));
    assertThat(ChannelPair.next(far)).isEqualTo(Note.of(1));
    Receiver<Note> back = chain.carry(3, 0, far);
    channel.sender().send(Note.of(3));
    assertThat(ChannelPair.next(back)).isEqualTo(Note.of(2));
    assertThat(ChannelPair.next(back)).isEqualTo(Note.of(3));
    expectOneToHundred(channel.sender(), back);
  }

  @Test
  @Rule({"FWD-7", "FWD-16"})
  void aByteStreamThatComesBackCarriesItsBytesInOrder() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    pair.right().output().write(1);
    ByteStream there = chain.carry(0, 1, pair.left());
    pair.right().output().write(2);
    assertThat(there.input().read()).isEqualTo(1);
    there.output().write(11);
    ByteStream back = chain.carry(1, 0, there);
    pair.right().output().write(3);
    pair.right().output().close();
    assertThat(back.input().readAllBytes()).containsExactly(2, 3);
    back.output().write(12);
    back.output().close();
    assertThat(pair.right().input().readAllBytes()).containsExactly(11, 12);
  }
}
