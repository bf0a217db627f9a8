package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.async.Async;
import io.libchan.core.Lab.Parcel;
import io.libchan.spi.Ends;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.Rejoined;
import io.libchan.spi.SendPort;
import io.libchan.spi.Waiter;
import io.libchan.testkit.Rule;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Defects of relays and loops that the simulator found, each as small as it can be. Three nodes in
 * a row: the one in the middle has a session with each of the others.
 */
final class ForwardDefectsTest {
  private static final int WINDOW = 262_144; // MUX-6
  private static final int TURN = 65_536;

  private final Lab left = new Lab();
  private Lab right = new Lab();

  /** Carries ends from one node to the next. */
  private record Road(Lab lab, SendPort<Parcel> from, ReceivePort<Parcel> to) {
    Object carry(Object end) throws Exception {
      send(end);
      lab.run();
      Object carried = receive();
      lab.run();
      return carried;
    }

    void send(Object end) throws ChannelException {
      assertThat(from.trySend(Parcel.of("", end))).isPositive();
    }

    Object receive() throws ChannelException {
      return ((Parcel) to.poll()).ends().get(0);
    }

    @SuppressWarnings("unchecked") // all channels carry parcels
    Receiver<Parcel> carry(Receiver<Parcel> end) throws Exception {
      return (Receiver<Parcel>) carry((Object) end);
    }
  }

  private static Road road(Lab lab, CoreSession from, CoreSession to, int capacity)
      throws Exception {
    String name = "road" + from.nextReference();
    Sender<Parcel> sender = Objects.requireNonNull(from.tryOpen(name, Parcel.class, capacity));
    lab.run();
    Receiver<Parcel> receiver = Objects.requireNonNull(to.tryAccept(name, Parcel.class));
    return new Road(lab, Ends.port(sender), Ends.port(receiver));
  }

  private Road there() throws Exception {
    left.greeted();
    return road(left, left.connecting, left.listening, 4);
  }

  private Road back() throws Exception {
    return road(left, left.listening, left.connecting, 4);
  }

  private Road onward() throws Exception {
    right.greeted();
    return road(right, right.connecting, right.listening, 4);
  }

  private static void runBoth(Lab one, Lab other) {
    for (int i = 0; i < 10; i++) {
      one.run();
      other.run();
    }
  }

  private static Parcel large(String text) {
    return Parcel.of(text + "x".repeat(70_000));
  }

  @Test
  void aRelayPassesNoCleanEndBehindMessagesThatWereDropped() throws Exception {
    Channel<Parcel> channel = Channel.of(Parcel.class, 4);
    Receiver<Parcel> far = onward().carry(there().carry(channel.receiver()));
    right.left.held = true; // the second one waits in the middle
    channel.sender().trySend(large("1"));
    channel.sender().trySend(large("2"));
    channel.sender().close();
    left.run();
    left.listening.startClosing();
    right.left.held = false;
    right.run();
    assertThat(far.poll()).isEqualTo(large("1"));
    right.run();
    assertThatThrownBy(far::poll).isInstanceOf(ChannelException.class);
  }

  @Test
  @Rule("FWD-5")
  void aRelayOfBytesHoldsATurnAndNoMore() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    Object unused = onward().carry(there().carry((Object) pair.left())); // nobody reads it
    int more = 100_000; // than leaves here, and a turn
    for (int rest = WINDOW + TURN + more; rest > 0; rest -= 50_000) {
      pair.right().output().write(new byte[Math.min(50_000, rest)]);
      runBoth(left, right);
    }
    assertThat(right.listening.snapshot().unreadBytes()).isGreaterThan(WINDOW - 100);
    assertThat(left.listening.snapshot().unreadBytes()).isGreaterThanOrEqualTo(more);
  }

  @Test
  @Rule("FWD-5")
  void aRelayOfMessagesHoldsATurnAndOneMessage() throws Exception {
    Channel<Parcel> channel = Channel.of(Parcel.class, 100_000);
    Object unused = onward().carry(there().carry((Object) channel.receiver()));
    int more = 100_000;
    int count = (WINDOW + TURN + more) / 1_000;
    for (int i = 0; i < count; i++) {
      assertThat(channel.sender().trySend(Parcel.of("x".repeat(1_000)))).isTrue();
      if (i % 50 == 0) {
        runBoth(left, right);
      }
    }
    runBoth(left, right);
    assertThat(right.listening.snapshot().unreadBytes()).isGreaterThan(WINDOW - 5_000);
    assertThat(left.listening.snapshot().unreadBytes()).isGreaterThanOrEqualTo(more - 2_000);
  }

  @Test
  @Timeout(20)
  void aRelayThatWaitsForStreamsEndsWithItsSession() throws Exception {
    right = new Lab(Lab.options().build(), Lab.limited(Limits.DEFAULTS.withMaxStreams(2)));
    Channel<Parcel> channel = Channel.of(Parcel.class, 4);
    Road road = there();
    onward().carry(road.carry(channel.receiver()));
    channel.sender().trySend(Parcel.of("1", Channel.of(Parcel.class, 1).sender()));
    runBoth(left, right);
    right.connecting.abort(Reason.of(ReasonCode.FAILED, "enough"));
    runBoth(left, right);
    assertThat(Ends.port(channel.sender()).ended()).isNotNull();
  }

  @Test
  @Rule("FWD-8")
  void aRelayDoesNotWaitForPlacesForStreamsForEver() throws Exception {
    right = new Lab(Lab.options().build(), Lab.limited(Limits.DEFAULTS.withMaxStreams(2)));
    Channel<Parcel> channel = Channel.of(Parcel.class, 4);
    Receiver<Parcel> far = onward().carry(there().carry(channel.receiver()));
    channel.sender().trySend(Parcel.of("1", Channel.of(Parcel.class, 1).sender()));
    runBoth(left, right);
    assertThat(Ends.port(channel.sender()).ended()).isNull();
    right.clock.advance(Options.DEFAULTS.referenceTimeout());
    runBoth(left, right);
    Reason told = Objects.requireNonNull(Ends.port(channel.sender()).ended());
    assertThat(told.code()).isEqualTo(ReasonCode.LIMIT);
    assertThat(told.message()).startsWith("streams: FWD-8");
    assertThatThrownBy(far::poll).isInstanceOf(ChannelException.class);
    assertThat(right.connecting.streams()).isEqualTo(1); // the road
  }

  @Test
  void aStreamWhoseInputWasClosedEndsWhenItIsSentOn() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    Road road = there();
    ByteStream middle = (ByteStream) road.carry((Object) pair.left());
    pair.right().output().write(new byte[100]);
    left.run();
    middle.input().close();
    ByteStream far = (ByteStream) onward().carry((Object) middle);
    pair.right().output().close();
    far.output().close();
    runBoth(left, right);
    assertThat(left.connecting.streams()).isEqualTo(1); // the road
    assertThat(right.connecting.streams()).isEqualTo(1);
  }

  @Test
  void aFlushBehindALoopWaitsForTheFarEnd() throws Exception {
    Channel<Parcel> channel = Channel.of(Parcel.class, 8);
    Road there = there();
    Road back = back();
    Receiver<Parcel> first = there.carry(channel.receiver());
    SendPort<Parcel> port = Ends.port(channel.sender());
    port.trySend(Parcel.of("1"));
    port.trySend(Parcel.of("2"));
    left.run();
    back.send(first);
    left.run();
    there.send(back.receive()); // before the fence came
    left.run();
    @SuppressWarnings("unchecked") // it carries parcels
    Receiver<Parcel> far = (Receiver<Parcel>) there.receive();
    left.run();
    Ends.port(channel.sender()).requestReceipt();
    left.run();
    assertThat(port.isReceived(2)).isFalse();
    assertThat(far.poll()).isEqualTo(Parcel.of("1"));
    assertThat(far.poll()).isEqualTo(Parcel.of("2"));
    left.run();
    assertThat(port.isReceived(2)).isTrue();
  }

  @Test
  void anEndInARendezvousIsGivenAwayAlsoIfTheLoopIsCutMeanwhile() throws Exception {
    Channel<Parcel> meeting = Channel.of(Parcel.class, 0);
    Channel<Parcel> nested = Channel.of(Parcel.class, 4);
    Road there = there();
    Road back = back();
    Receiver<Parcel> away = there.carry(meeting.receiver());
    SendPort<Parcel> port = Ends.port(meeting.sender());
    back.send(away);
    left.run();
    port.trySend(Parcel.of("1", nested.sender()));
    left.run();
    @SuppressWarnings("unchecked") // it carries parcels
    Receiver<Parcel> home = (Receiver<Parcel>) back.receive();
    left.run();
    Parcel met = home.poll();
    left.run(); // the fence follows
    assertThat(Ends.port(meeting.sender())).isNotSameAs(port);
    assertThat(port.isReceived(1)).isTrue();
    @SuppressWarnings("unchecked") // it carries parcels
    Sender<Parcel> sender = (Sender<Parcel>) met.ends().get(0);
    sender.trySend(Parcel.of("2"));
    left.run();
    assertThat(nested.receiver().poll()).isEqualTo(Parcel.of("2"));
  }

  @Test
  void aSendThatWasGivenUpCameBackAlsoIfTheLoopIsCutMeanwhile() throws Exception {
    Channel<Parcel> meeting = Channel.of(Parcel.class, 0);
    Road there = there();
    Road back = back();
    Receiver<Parcel> away = there.carry(meeting.receiver());
    SendPort<Parcel> port = Ends.port(meeting.sender());
    back.send(away);
    left.run();
    CompletableFuture<?> sending =
        Async.of(meeting.sender(), left.clock::execute).send(Parcel.of("1"));
    left.run();
    back.receive();
    left.run();
    sending.cancel(false);
    left.run(); // the message comes back, and the fence follows
    assertThat(Ends.port(meeting.sender())).isNotSameAs(port);
    assertThat(sending).isCancelled();
  }

  @Test
  void aSenderThatMovesWhileItsLoopIsCutSendsBehindTheFence() throws Exception {
    Channel<Parcel> channel = Channel.of(Parcel.class, 8);
    Road there = there();
    Road back = back();
    Road meeting = road(left, left.connecting, left.listening, 0);
    meeting.send(channel.sender()); // it moves when this was received
    left.run();
    Receiver<Parcel> home = back.carry(there.carry(channel.receiver()));
    @SuppressWarnings("unchecked") // it carries parcels
    Sender<Parcel> away = (Sender<Parcel>) meeting.receive();
    left.run();
    assertThat(meeting.from().isReceived(1)).isTrue();
    left.run();
    away.trySend(Parcel.of("1"));
    left.run();
    assertThat(home.poll()).isEqualTo(Parcel.of("1"));
  }

  @Test
  void aChannelThatFailedForALostAttachmentDoesNotLookLikeOneRejectedMessage() {
    for (ReasonCode code : new ReasonCode[] {ReasonCode.REF_NOT_FOUND, ReasonCode.TYPE_MISMATCH}) {
      assertThat(ChannelException.of(Reason.of(code, "lost"))).isInstanceOf(ChannelReset.class);
    }
  }

  @Test
  @Rule("FWD-4")
  void aMessageThatArrivesWhileARelayBeginsIsAcknowledged() throws Exception {
    Channel<Parcel> channel = Channel.of(Parcel.class, 4);
    Road onward = onward();
    Receiver<Parcel> middle = there().carry(channel.receiver());
    Waiter arrival =
        () -> {
          try {
            channel.sender().trySend(Parcel.of("1"));
          } catch (ChannelException e) {
            throw new AssertionError(e);
          }
          left.run();
        };
    Ends.port(middle).await(arrival); // it is woken when the port has a relay, and the next has not
    Receiver<Parcel> far = onward.carry(middle);
    assertThat(far.poll()).isEqualTo(Parcel.of("1"));
    Ends.port(channel.sender()).requestReceipt();
    runBoth(left, right);
    assertThat(Ends.port(channel.sender()).isReceived(1)).isTrue();
  }

  /** What a thread does that cuts a loop, up to the fence; the loop begins with an end in use. */
  private static Rejoined<Parcel> beginToCut(
      RemoteSendPort<Parcel> sent, RemoteReceivePort<Parcel> arrives) {
    Rejoined<Parcel> channel = new Rejoined<>(sent.type(), sent.capacity(), sent.context());
    assertThat(arrives.returning().goOnWith(channel.receiving(), channel)).isTrue();
    return channel;
  }

  /** Of what a side sends on the first channel, the peer says that it comes back on the other. */
  private record Loop(Sender<Parcel> begin, Receiver<Parcel> end) {
    RemoteSendPort<Parcel> sent() {
      return (RemoteSendPort<Parcel>) Ends.port(begin);
    }

    RemoteReceivePort<Parcel> arrives() {
      return (RemoteReceivePort<Parcel>) Ends.port(end);
    }
  }

  private Loop loop(CoreSession at, CoreSession peer) throws Exception {
    Sender<Parcel> begin = Objects.requireNonNull(at.tryOpen("out", Parcel.class, 4));
    Sender<Parcel> out = Objects.requireNonNull(peer.tryOpen("in", Parcel.class, 4));
    left.run();
    assertThat(out.capacity()).isEqualTo(4);
    return new Loop(begin, Objects.requireNonNull(at.tryAccept("in", Parcel.class)));
  }

  @Test
  @Rule("FWD-12")
  void aLoopWhoseBeginMovesWhileItIsCutIsCutAllTheSame() throws Exception {
    Road there = there();
    Loop loop = loop(left.connecting, left.listening);
    RemoteSendPort<Parcel> sent = loop.sent();
    Rejoined<Parcel> channel = beginToCut(sent, loop.arrives());
    Loops.pair(sent, loop.arrives());
    there.carry((Object) loop.begin()); // another thread, which was quicker than the fence
    assertThat(sent.isSettled()).isTrue(); // it could do nothing
    assertThat(sent.startFence(channel)).isFalse();
    Loops.cutAgain(sent);
    assertThat(sent.isSettled()).isFalse();
    assertThat(loop.arrives().returning().isKnown()).isTrue();
  }

  @Test
  @Rule({"FWD-10", "FWD-13"})
  void aLoopThatIsNotCutAfterAllIsToldToThePeerThatMayCutTheNextOne() throws Exception {
    there();
    Road back = back();
    Loop loop = loop(left.listening, left.connecting);
    RemoteSendPort<Parcel> sent = loop.sent();
    RemoteReceivePort<Parcel> arrives = loop.arrives();
    beginToCut(sent, arrives);
    Loops.pair(sent, arrives);
    @SuppressWarnings("unchecked") // it carries parcels
    Receiver<Parcel> next = (Receiver<Parcel>) back.carry((Object) loop.end());
    RemoteReceivePort<Parcel> comesOut = (RemoteReceivePort<Parcel>) Ends.port(next);
    assertThat(comesOut.returning().echo()).isNull();
    Loops.cutAgain(sent);
    left.run();
    assertThat(arrives.returning().isKnown()).isFalse(); // both ends are the other side's to cut
    assertThat(comesOut.returning().isKnown()).isTrue();
  }

  @Test
  @Rule("FWD-13")
  void theListeningSideDoesNotCutALoopThatItsRelayJustBeganToEmpty() throws Exception {
    there();
    Road back = back();
    Loop loop = loop(left.listening, left.connecting);
    RemoteReceivePort<Parcel> arrives = loop.arrives(); // found fit to be cut, by another thread
    back.carry((Object) loop.end());
    Rejoined<Parcel> channel = new Rejoined<>(Parcel.class, 4, arrives.context());
    assertThat(arrives.returning().goOnWith(channel.receiving(), channel)).isFalse();
  }
}
