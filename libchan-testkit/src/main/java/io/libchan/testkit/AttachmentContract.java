package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static io.libchan.testkit.Waits.SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Select;
import io.libchan.Sender;
import io.libchan.testkit.Boxes.Deep;
import io.libchan.testkit.Boxes.DeepReceiver;
import io.libchan.testkit.Boxes.Link;
import io.libchan.testkit.Boxes.Loose;
import io.libchan.testkit.Boxes.ManySenders;
import io.libchan.testkit.Boxes.NoteAndSender;
import io.libchan.testkit.Boxes.PipeBox;
import io.libchan.testkit.Boxes.ReceiverBox;
import io.libchan.testkit.Boxes.Request;
import io.libchan.testkit.Boxes.SenderBox;
import io.libchan.testkit.Boxes.StreamBox;
import io.libchan.testkit.Boxes.Strict;
import io.libchan.testkit.Boxes.TwoSenders;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.junit.jupiter.api.Test;

/**
 * Channel ends and byte streams inside messages: they arrive, they move, and what nobody takes is
 * released.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public abstract class AttachmentContract extends SessionContract {
  private static final int BULK_BYTES = 16 * 1024 * 1024;
  private static final int INTERRUPTED_BYTES = 1_000_000;
  private static final byte MARK = 77; // in arrays for reading, where nothing was read

  /** For subclasses. */
  protected AttachmentContract() {}

  // Channel ends.

  @Test
  @Rule({"ATT-1", "ATT-2", "ATT-5"})
  void anAnswerComesBackOnASenderThatWasInTheRequest() throws Exception {
    ChannelPair<Request> channel = bed.open(Request.class, 4);
    Channel<Note> answers = Channel.of(Note.class);
    channel.sender().send(new Request(3, "ask", answers.sender()));
    Request request = channel.next();
    assertThat(request.text()).isEqualTo("ask");
    request.answers().send(Note.of(request.number() + 1));
    request.answers().close();
    assertThat(ChannelPair.next(answers.receiver())).isEqualTo(Note.of(4));
    ChannelPair.expectEnd(answers.receiver());
  }

  @Test
  @Rule({"ATT-1", "ATT-5"})
  void severalAttachmentsKeepTheirPlaces() throws Exception {
    ChannelPair<TwoSenders> channel = bed.open(TwoSenders.class, 4);
    Channel<Note> first = Channel.of(Note.class);
    Channel<Note> second = Channel.of(Note.class);
    channel.sender().send(new TwoSenders(first.sender(), second.sender()));
    TwoSenders arrived = channel.next();
    arrived.second().send(Note.of(2));
    arrived.first().send(Note.of(1));
    assertThat(ChannelPair.next(first.receiver())).isEqualTo(Note.of(1));
    assertThat(ChannelPair.next(second.receiver())).isEqualTo(Note.of(2));
    arrived.first().close();
    arrived.second().close();
    ChannelPair.expectEnd(first.receiver());
    ChannelPair.expectEnd(second.receiver());
  }

  @Test
  void listsOfAttachmentsArriveInOrder() throws Exception {
    ChannelPair<ManySenders> channel = bed.open(ManySenders.class, 4);
    List<Channel<Note>> made = new ArrayList<>();
    List<Sender<Note>> senders = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      made.add(Channel.of(Note.class, 3));
      senders.add(made.get(i).sender());
    }
    channel.sender().send(new ManySenders(senders));
    List<Sender<Note>> arrived = channel.next().senders();
    for (int i = 0; i < 10; i++) {
      assertThat(arrived.get(i).capacity()).isEqualTo(3);
      arrived.get(i).send(Note.of(i));
      arrived.get(i).close();
    }
    for (int i = 0; i < 10; i++) {
      assertThat(ChannelPair.next(made.get(i).receiver())).isEqualTo(Note.of(i));
      ChannelPair.expectEnd(made.get(i).receiver());
    }
  }

  @Test
  @Rule("ATT-1")
  void sendersTravelOverSendersThatTravelled() throws Exception {
    ChannelPair<Deep> channel = bed.open(Deep.class, 4);
    Channel<SenderBox> second = Channel.of(SenderBox.class);
    channel.sender().send(new Deep(second.sender()));
    Sender<SenderBox> back = channel.next().sender();
    Channel<Note> third = Channel.of(Note.class);
    back.send(new SenderBox(1, third.sender()));
    Sender<Note> here = ChannelPair.next(second.receiver()).sender();
    here.send(Note.of(9));
    here.close();
    assertThat(ChannelPair.next(third.receiver())).isEqualTo(Note.of(9));
    ChannelPair.expectEnd(third.receiver());
    back.close();
    ChannelPair.expectEnd(second.receiver());
  }

  @Test
  @Rule("ATT-1")
  void receiversTravelOverReceiversThatTravelled() throws Exception {
    ChannelPair<DeepReceiver> channel = bed.open(DeepReceiver.class, 4);
    Channel<ReceiverBox> second = Channel.of(ReceiverBox.class);
    channel.sender().send(new DeepReceiver(second.receiver()));
    Receiver<ReceiverBox> there = channel.next().receiver();
    Channel<Note> third = Channel.of(Note.class);
    second.sender().send(new ReceiverBox(1, third.receiver()));
    Receiver<Note> last = ChannelPair.next(there).receiver();
    third.sender().send(Note.of(9));
    third.sender().close();
    assertThat(ChannelPair.next(last)).isEqualTo(Note.of(9));
    ChannelPair.expectEnd(last);
    second.sender().close();
    ChannelPair.expectEnd(there);
  }

  @Test
  void aChainOfChannelsGoesTwentyDeepAndBackAndForth() throws Exception {
    ChannelPair<Link> first = bed.open(Link.class, 4);
    Channel<Link> link = Channel.of(Link.class, 4);
    first.sender().send(new Link(0, link.sender()));
    Sender<Link> next = first.next().next();
    for (int depth = 1; depth <= 20; depth++) {
      Channel<Link> following = Channel.of(Link.class, 4);
      next.send(new Link(depth, following.sender()));
      next.close();
      Link arrived = ChannelPair.next(link.receiver());
      assertThat(arrived.depth()).isEqualTo(depth);
      ChannelPair.expectEnd(link.receiver());
      next = arrived.next();
      link = following;
    }
    next.close();
    ChannelPair.expectEnd(link.receiver());
  }

  @Test
  @Rule("ATT-1")
  void queuedMessagesOfALocalChannelArriveFirstAndInOrder() throws Exception {
    Channel<Note> queued = Channel.of(Note.class, 10);
    for (int i = 0; i < 5; i++) {
      queued.sender().send(Note.of(i));
    }
    Receiver<Note> there = bed.toFar(queued.receiver());
    for (int i = 5; i < 10; i++) {
      queued.sender().send(Note.of(i), BOUND);
    }
    queued.sender().close();
    for (int i = 0; i < 10; i++) {
      assertThat(ChannelPair.next(there)).isEqualTo(Note.of(i));
    }
    ChannelPair.expectEnd(there);
  }

  @Test
  void aChannelThatWasClosedBeforeItsReceiverWasSentArrivesWhole() throws Exception {
    Channel<Note> queued = Channel.of(Note.class, 10);
    queued.sender().send(Note.of(1));
    queued.sender().close();
    Receiver<Note> there = bed.toFar(queued.receiver());
    assertThat(ChannelPair.next(there)).isEqualTo(Note.of(1));
    ChannelPair.expectEnd(there);
    Channel<Note> failed = Channel.of(Note.class, 10);
    failed.sender().send(Note.of(1));
    failed.sender().fail("broken");
    Receiver<Note> other = bed.toFar(failed.receiver());
    assertThat(ChannelPair.next(other)).isEqualTo(Note.of(1));
    assertThat(ChannelPair.failure(other, ChannelReset.class).reason().message())
        .isEqualTo("broken");
  }

  @Test
  void whatTheOtherSideSendsComesAfterWhatWasQueuedHere() throws Exception {
    Channel<Note> queued = Channel.of(Note.class, 10);
    queued.sender().send(Note.of(1));
    queued.sender().send(Note.of(2));
    Sender<Note> near = bed.toNear(queued.sender());
    near.send(Note.of(3));
    near.close();
    for (int i = 1; i <= 3; i++) {
      assertThat(ChannelPair.next(queued.receiver())).isEqualTo(Note.of(i));
    }
    ChannelPair.expectEnd(queued.receiver());
  }

  @Test
  void theCapacityHoldsAcrossAMove() throws Exception {
    Channel<Note> queued = Channel.of(Note.class, 2);
    queued.sender().send(Note.of(0));
    queued.sender().send(Note.of(1));
    Receiver<Note> there = bed.toFar(queued.receiver());
    assertThatThrownBy(() -> queued.sender().send(Note.of(2), SHORT))
        .isInstanceOf(TimeoutException.class);
    assertThat(ChannelPair.next(there)).isEqualTo(Note.of(0));
    assertThat(ChannelPair.next(there)).isEqualTo(Note.of(1));
    queued.sender().send(Note.of(2), BOUND);
    queued.sender().close();
    assertThat(ChannelPair.next(there)).isEqualTo(Note.of(2));
    ChannelPair.expectEnd(there);
  }

  @Test
  void aReceiverThatWaitsGetsWhatThePeerSendsAfterTheMove() throws Exception {
    Channel<Note> local = Channel.of(Note.class, 2);
    Task<Note> receiving = Task.call(() -> ChannelPair.next(local.receiver())).awaitBlocked();
    Sender<Note> near = bed.toNear(local.sender());
    near.send(Note.of(5));
    assertThat(receiving.result()).isEqualTo(Note.of(5));
    near.close();
    ChannelPair.expectEnd(local.receiver());
  }

  // Moving.

  @Test
  void anEndThatWasSentAwayIsNotTheCallersAnyMore() throws Exception {
    ChannelPair<SenderBox> channel = bed.open(SenderBox.class, 4);
    Channel<Note> local = Channel.of(Note.class);
    channel.sender().send(new SenderBox(1, local.sender()));
    assertThatThrownBy(() -> local.sender().send(Note.of(1)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> local.sender().trySend(Note.of(1)))
        .isInstanceOf(IllegalStateException.class);
    local.sender().close();
    assertThatThrownBy(() -> channel.sender().send(new SenderBox(2, local.sender())))
        .isInstanceOf(IllegalStateException.class);
    Sender<Note> there = channel.next().sender();
    there.send(Note.of(1));
    there.close();
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(1));
    ChannelPair.expectEnd(local.receiver());
  }

  @Test
  void anEndTwiceInOneMessageIsRefusedAndStaysTheCallers() throws Exception {
    ChannelPair<TwoSenders> channel = bed.open(TwoSenders.class, 4);
    Channel<Note> local = Channel.of(Note.class);
    assertThatThrownBy(() -> channel.sender().send(new TwoSenders(local.sender(), local.sender())))
        .isInstanceOfAny(
            IllegalArgumentException.class, IllegalStateException.class, MessageRejected.class);
    local.sender().send(Note.of(1));
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(1));
    bed.expectAlive();
  }

  @Test
  void aSendThatFailsLeavesTheEndsWithTheCaller() throws Exception {
    ChannelPair<SenderBox> full = bed.open(SenderBox.class, 1);
    full.sender().send(new SenderBox(1, Channel.of(Note.class).sender()));
    Channel<Note> local = Channel.of(Note.class);
    SenderBox box = new SenderBox(2, local.sender());
    assertThatThrownBy(() -> full.sender().send(box, SHORT)).isInstanceOf(TimeoutException.class);
    assertThat(full.sender().trySend(box)).isFalse();
    Task<Boolean> sending = Task.run(() -> full.sender().send(box)).awaitBlocked();
    sending.interrupt();
    sending.failure(InterruptedException.class);
    full.receiver().close();
    Waits.value(full.sender().closed());
    assertThatThrownBy(() -> full.sender().send(box)).isInstanceOf(ChannelReset.class);
    local.sender().send(Note.of(1));
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(1));
    ChannelPair<SenderBox> other = bed.open(SenderBox.class, 1);
    other.sender().send(box);
    Sender<Note> there = other.next().sender();
    there.send(Note.of(2));
    there.close();
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(2));
    ChannelPair.expectEnd(local.receiver());
  }

  @Test
  @Rule("CH-15")
  void aRendezvousThatGivesUpLeavesTheEndsWithTheCaller() throws Exception {
    ChannelPair<SenderBox> rendezvous = bed.open(SenderBox.class, 0);
    Channel<Note> local = Channel.of(Note.class);
    assertThatThrownBy(() -> rendezvous.sender().send(new SenderBox(1, local.sender()), SHORT))
        .isInstanceOf(TimeoutException.class);
    local.sender().send(Note.of(1));
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(1));
  }

  @Test
  void anOfferOfASelectThatLosesLeavesTheEndsWithTheCaller() throws Exception {
    ChannelPair<SenderBox> rendezvous = bed.open(SenderBox.class, 0);
    Channel<Note> local = Channel.of(Note.class);
    Channel<Note> other = Channel.of(Note.class);
    AtomicInteger met = new AtomicInteger();
    Select select =
        Select.select()
            .send(rendezvous.sender(), new SenderBox(1, local.sender()), met::incrementAndGet)
            .receive(other.receiver(), note -> {});
    for (int i = 0; i < 3; i++) {
      Task<Boolean> waiting = Task.call(select::run).awaitBlocked();
      other.sender().send(Note.of(i));
      assertThat(waiting.result()).isTrue();
      local.sender().send(Note.of(i));
      assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(i));
    }
    assertThat(met).hasValue(0);
    Task<Boolean> waiting = Task.call(select::run);
    SenderBox box = rendezvous.next();
    assertThat(waiting.result()).isTrue();
    assertThat(met).hasValue(1);
    box.sender().send(Note.of(9));
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(9));
    assertThatThrownBy(() -> local.sender().send(Note.of(1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anEncodeThatFailsLeavesTheEndsWithTheCaller() throws Exception {
    needsOpenTypes();
    ChannelPair<Loose> channel = bed.open(Loose.class, 4);
    Channel<Note> local = Channel.of(Note.class);
    List<Object> explosive =
        new java.util.AbstractList<>() {
          @Override
          public Object get(int index) {
            if (index == 0) {
              return local.sender();
            }
            throw new IllegalArgumentException("boom");
          }

          @Override
          public int size() {
            return 2;
          }
        };
    assertThatThrownBy(() -> channel.sender().send(new Loose(explosive)))
        .isInstanceOf(MessageRejected.class);
    local.sender().send(Note.of(1));
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(1));
    bed.expectAlive();
  }

  // Release.

  @Test
  @Rule("ATT-6")
  void anAttachmentThatNoFieldTakesIsReleased() throws Exception {
    ChannelPair<NoteAndSender> channel = bed.open(NoteAndSender.class, Note.class, 4);
    Channel<Note> local = Channel.of(Note.class);
    channel.sender().send(new NoteAndSender(1, "one", local.sender()));
    Object arrived = ChannelPair.next((Receiver<?>) channel.receiver());
    assertThat(arrived).isEqualTo(new Note(1, "one"));
    expectUnclaimed(local.receiver());
    bed.expectAlive();
  }

  @Test
  @Rule({"ATT-6", "CH-25"})
  void theAttachmentsOfAMessageOfTheWrongTypeAreReleased() throws Exception {
    needsOpenTypes();
    ChannelPair<Loose> channel = bed.open(Loose.class, Strict.class, 4);
    Channel<Note> local = Channel.of(Note.class);
    channel.sender().send(new Loose(List.of("x", local.sender())));
    assertThatThrownBy(() -> ((Receiver<?>) channel.receiver()).receive(BOUND))
        .isInstanceOf(MessageRejected.class);
    expectUnclaimed(local.receiver());
    bed.expectAlive();
  }

  @Test
  @Rule("ATT-6")
  void theAttachmentsOfMessagesThatTheReceiverDroppedAreReleased() throws Exception {
    ChannelPair<SenderBox> channel = bed.open(SenderBox.class, 4);
    Channel<Note> sent = Channel.of(Note.class);
    Channel<Note> received = Channel.of(Note.class);
    channel.sender().send(new SenderBox(1, sent.sender()));
    ChannelPair<ReceiverBox> receivers = bed.open(ReceiverBox.class, 4);
    receivers.sender().send(new ReceiverBox(1, received.receiver()));
    channel.receiver().close();
    receivers.receiver().close();
    expectReleased(ChannelPair.failure(sent.receiver(), ChannelException.class).reason());
    expectReleased(Waits.value(received.sender().closed()));
    assertThatThrownBy(() -> received.sender().send(Note.of(1))).isInstanceOf(ChannelReset.class);
    bed.expectAlive();
  }

  @Test
  @Rule("ATT-6")
  void theByteStreamOfAMessageThatTheReceiverDroppedIsReleased() throws Exception {
    ChannelPair<StreamBox> channel = bed.open(StreamBox.class, 4);
    ByteStream.Pair pair = ByteStream.pair();
    channel.sender().send(new StreamBox(pair.right()));
    channel.receiver().close();
    assertThatThrownBy(() -> pair.left().input().read())
        .isInstanceOfSatisfying(ChannelException.class, e -> expectReleased(e.reason()));
    bed.expectAlive();
  }

  private static void expectUnclaimed(Receiver<Note> receiver) throws Exception {
    assertThat(ChannelPair.failure(receiver, ChannelReset.class).reason().code())
        .isEqualTo(ReasonCode.UNCLAIMED);
  }

  private static void expectReleased(Reason reason) {
    assertThat(reason.code()).isIn(ReasonCode.UNCLAIMED, ReasonCode.CANCELLED);
  }

  // Byte streams.

  @Test
  @Rule({"CH-40", "CH-42"})
  void aByteStreamGoesBothWaysAndEachDirectionEndsOnItsOwn() throws Exception {
    ByteStream[] ends = stream();
    ends[0].output().write(new byte[] {1, 2, 3});
    ends[0].output().close();
    assertThat(ends[1].input().readAllBytes()).containsExactly(1, 2, 3);
    assertThat(ends[1].input().read()).isEqualTo(-1);
    ends[1].output().write(new byte[] {4, 5});
    ends[1].output().flush();
    assertThat(ends[0].input().read()).isEqualTo(4);
    assertThat(ends[0].input().read()).isEqualTo(5);
    ends[1].output().close();
    assertThat(ends[0].input().read()).isEqualTo(-1);
  }

  @Test
  @Rule("CH-41")
  void aResetFailsBothDirectionsWithItsReason() throws Exception {
    ByteStream[] ends = stream();
    Task<Integer> reading = Task.call(() -> ends[1].input().read()).awaitBlocked();
    ends[0].reset(Reason.of(ReasonCode.FAILED, "gave up"));
    assertThat(reading.failure(ChannelException.class).reason().code())
        .isEqualTo(ReasonCode.FAILED);
    assertThatThrownBy(() -> writeForEver(ends[1].output())).isInstanceOf(ChannelException.class);
    assertThatThrownBy(() -> ends[0].output().write(1)).isInstanceOf(ChannelException.class);
    assertThatThrownBy(() -> ends[0].input().read()).isInstanceOf(ChannelException.class);
    bed.expectAlive();
  }

  private static void writeForEver(OutputStream out) throws Exception {
    long deadline = System.nanoTime() + BOUND.toNanos();
    while (System.nanoTime() < deadline) {
      out.write(new byte[1024]);
    }
    throw new AssertionError("could write for " + BOUND);
  }

  @Test
  @Rule("CH-40")
  void whatWasBufferedBeforeAStreamWasSentArrivesFirst() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    pair.left().output().write(new byte[] {1, 2});
    ChannelPair<StreamBox> road = bed.open(StreamBox.class, 4);
    road.sender().send(new StreamBox(pair.right()));
    pair.left().output().write(3);
    pair.left().output().close();
    ByteStream there = road.next().stream();
    assertThat(there.input().readAllBytes()).containsExactly(1, 2, 3);
    there.output().close();
    assertThat(pair.left().input().read()).isEqualTo(-1);
  }

  @Test
  @Rule({"CH-40", "MUX-6"})
  void bulkBytesArriveUnchangedInBothDirectionsAtOnce() throws Exception {
    ByteStream[] ends = stream();
    List<Task<Long>> tasks = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      ByteStream out = ends[i];
      ByteStream in = ends[1 - i];
      int seed = i;
      tasks.add(Task.call(() -> writeBulk(out.output(), seed)));
      tasks.add(Task.call(() -> readBulk(in.input())));
    }
    assertThat(tasks.get(0).result()).isEqualTo(tasks.get(1).result());
    assertThat(tasks.get(2).result()).isEqualTo(tasks.get(3).result());
    assertThat(tasks.get(0).result()).isNotEqualTo(tasks.get(2).result());
  }

  private static long writeBulk(OutputStream out, int seed) throws Exception {
    Random random = new Random(seed);
    CRC32C sum = new CRC32C();
    OutputStream checked = new CheckedOutputStream(out, sum);
    byte[] chunk = new byte[100_000];
    for (int left = BULK_BYTES; left > 0; left -= chunk.length) {
      random.nextBytes(chunk);
      checked.write(chunk, 0, Math.min(left, chunk.length));
    }
    checked.close();
    return sum.getValue();
  }

  private static long readBulk(InputStream in) throws Exception {
    CRC32C sum = new CRC32C();
    byte[] chunk = new byte[70_000];
    long total = 0;
    for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
      sum.update(chunk, 0, count);
      total += count;
    }
    assertThat(total).isEqualTo(BULK_BYTES);
    return sum.getValue();
  }

  @Test
  @Rule({"CH-40", "CH-42"})
  void plainStreamsAreReadAndWrittenForThePeer() throws Exception {
    ChannelPair<PipeBox> road = bed.open(PipeBox.class, 4);
    byte[] input = new byte[300_000];
    new Random(5).nextBytes(input);
    ByteStream.Pair results = ByteStream.pair();
    road.sender().send(new PipeBox(new ByteArrayInputStream(input), results.left().output()));
    PipeBox there = road.next();
    Task<Boolean> copying =
        Task.run(
            () -> {
              there.in().transferTo(there.out());
              there.out().close();
            });
    byte[] back = results.right().input().readAllBytes();
    copying.result();
    assertThat(back).isEqualTo(input);
  }

  @Test
  @Rule("CH-43")
  void aReaderThatWantsNoMoreStopsTheWriter() throws Exception {
    ChannelPair<PipeBox> road = bed.open(PipeBox.class, 4);
    ByteStream.Pair results = ByteStream.pair();
    road.sender().send(new PipeBox(InputStream.nullInputStream(), results.left().output()));
    PipeBox there = road.next();
    results.right().input().close();
    assertThatThrownBy(() -> writeForEver(there.out())).isInstanceOf(ChannelException.class);
    assertThat(there.in().read()).isEqualTo(-1);
    bed.expectAlive();
  }

  @Test
  @Rule("CH-40")
  void aReadThatIsInterruptedLosesAndDoublesNoByte() throws Exception {
    ByteStream[] ends = stream();
    Task<List<byte[]>> reading = Task.call(() -> readInterrupted(ends[1].input()));
    Task<Boolean> writing = Task.run(() -> writeCounting(ends[0].output(), INTERRUPTED_BYTES));
    while (!reading.isDone()) {
      reading.interrupt();
      LockSupport.parkNanos(20_000);
    }
    assertThat(writing.result()).isTrue();
    // What a read that threw was given is the caller's again, and nothing was put there since.
    reading.result().forEach(AttachmentContract::checkMarked);
  }

  /** Reads and checks all of it; the arrays of reads that were interrupted. */
  private static List<byte[]> readInterrupted(InputStream in) throws Exception {
    List<byte[]> given = new ArrayList<>();
    byte[] part = marked(5000);
    for (int at = 0; ; ) {
      try {
        int count = in.read(part, 1, part.length - 2);
        if (count < 0) {
          assertThat(at).isEqualTo(INTERRUPTED_BYTES);
          return given;
        }
        checkCounting(part, at, count);
        at += count;
      } catch (InterruptedIOException e) {
        assertThat(Thread.interrupted()).isTrue();
        given.add(part);
        part = marked(1 + part.length % 5000 + 2);
      }
    }
  }

  private static byte[] marked(int length) {
    byte[] array = new byte[length];
    Arrays.fill(array, MARK);
    return array;
  }

  /** Writes bytes that tell their place, in pieces of all sizes, with pauses. */
  private static void writeCounting(OutputStream out, int total) throws Exception {
    Random random = new Random(total);
    for (int at = 0; at < total; ) {
      byte[] piece = new byte[Math.min(total - at, 1 + random.nextInt(1 << random.nextInt(16)))];
      for (int i = 0; i < piece.length; i++) {
        piece[i] = counting(at + i);
      }
      out.write(piece);
      at += piece.length;
      if (random.nextInt(4) == 0) {
        LockSupport.parkNanos(50_000); // so that who reads comes to wait
      }
    }
    out.close();
  }

  private static byte counting(int place) {
    byte value = (byte) (place * 31 + place / 251);
    return value == MARK ? 0 : value;
  }

  /** Checks what was read behind the first byte of an array, and marks it again. */
  private static void checkCounting(byte[] array, int place, int count) {
    for (int i = 0; i < count; i++) {
      if (array[1 + i] != counting(place + i)) {
        throw new AssertionError("byte " + (place + i) + " is " + array[1 + i]);
      }
    }
    Arrays.fill(array, 1, 1 + count, MARK);
    checkMarked(array);
  }

  private static void checkMarked(byte[] array) {
    assertThat(Arrays.equals(array, marked(array.length))).as("untouched").isTrue();
  }

  @Test
  @Rule("CH-40")
  void aReadThatWaitsWithASmallArrayGetsWhatFitsAndTheNextOneTheRest() throws Exception {
    ByteStream[] ends = stream();
    byte[] array = marked(5);
    Task<Integer> reading = Task.call(() -> ends[1].input().read(array, 1, 3)).awaitBlocked();
    writeCounting(ends[0].output(), 100_000);
    int at = reading.result();
    assertThat(at).isBetween(1, 3);
    checkCounting(array, 0, at);
    byte[] rest = marked(100_002);
    assertThat(ends[1].input().readNBytes(rest, 1, 100_000)).isEqualTo(100_000 - at);
    checkCounting(rest, at, 100_000 - at);
    assertThat(ends[1].input().read()).isEqualTo(-1);
  }

  @Test
  void twoThatReadGetEachByteOnce() throws Exception {
    ByteStream[] ends = stream();
    int total = 300_000;
    List<Task<int[]>> readers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      readers.add(Task.call(() -> histogram(ends[1].input())).awaitBlocked());
    }
    writeCounting(ends[0].output(), total);
    int[] read = new int[256];
    for (Task<int[]> reader : readers) {
      int[] part = reader.result();
      Arrays.setAll(read, value -> read[value] + part[value]);
    }
    int[] written = new int[256];
    for (int i = 0; i < total; i++) {
      written[counting(i) & 0xff]++;
    }
    assertThat(read).isEqualTo(written);
  }

  private static int[] histogram(InputStream in) throws Exception {
    int[] counts = new int[256];
    byte[] part = new byte[999];
    for (int count = in.read(part); count >= 0; count = in.read(part)) {
      for (int i = 0; i < count; i++) {
        counts[part[i] & 0xff]++;
      }
    }
    return counts;
  }

  @Test
  void aReadThatWaitsEndsWhenAnotherThreadClosesTheInput() throws Exception {
    ByteStream[] ends = stream();
    byte[] array = marked(1000);
    Task<Integer> reading = Task.call(() -> ends[1].input().read(array)).awaitBlocked();
    ends[1].input().close();
    reading.failure(IOException.class);
    try {
      ends[0].output().write(new byte[100_000]);
    } catch (ChannelException e) {
      assertThat(e.reason().code()).isEqualTo(ReasonCode.CANCELLED); // it was told to stop
    }
    bed.expectAlive(); // and so what was written has come
    checkMarked(array);
  }

  @Test
  void aStreamInsideARequestComesWithTheAnswerOnAnother() throws Exception {
    ByteStream[] ends = stream();
    Task<byte[]> echo =
        Task.call(
            () -> {
              byte[] all = ends[1].input().readAllBytes();
              ends[1].output().write(all);
              ends[1].output().close();
              return all;
            });
    byte[] bytes = new byte[600_000];
    new Random(3).nextBytes(bytes);
    ends[0].output().write(bytes);
    ends[0].output().close();
    assertThat(ends[0].input().readAllBytes()).isEqualTo(bytes);
    assertThat(echo.result()).isEqualTo(bytes);
  }

  private ByteStream[] stream() throws Exception {
    ChannelPair<StreamBox> road = bed.open(StreamBox.class, 4);
    ByteStream.Pair pair = ByteStream.pair();
    road.sender().send(new StreamBox(pair.right()));
    return new ByteStream[] {pair.left(), road.next().stream()};
  }
}
