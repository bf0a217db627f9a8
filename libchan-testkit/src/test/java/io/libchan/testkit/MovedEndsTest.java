package io.libchan.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Ends;
import io.libchan.spi.Moving;
import io.libchan.spi.SendPort;
import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the memory channel owes an engine that moves its ends; another channel plays the peer. */
@ExtendWith({Leaks.class, QuietLog.class})
final class MovedEndsTest {
  private final Channel<Note> local = Channel.of(Note.class, 4);
  private final Channel<Note> peer = Channel.of(Note.class, 4);

  @SuppressWarnings("unchecked") // the channel's own type
  private Moving.ReceiverEnd<Note> moveReceiver(Channel<Note> channel) {
    return (Moving.ReceiverEnd<Note>) Ends.move(channel.receiver());
  }

  private Moving.ReceiverEnd<Note> moveReceiver() {
    return moveReceiver(local);
  }

  @SuppressWarnings("unchecked") // the channel's own type
  private Moving.SenderEnd<Note> moveSender(Channel<Note> channel) {
    return (Moving.SenderEnd<Note>) Ends.move(channel.sender());
  }

  @Test
  void queuedMessagesGoAheadOfLaterOnesWhenTheReceiverMoves() throws Exception {
    local.sender().send(Note.of(1));
    local.sender().send(Note.of(2));
    moveReceiver().commit(Ends.port(peer.sender()));
    local.sender().send(Note.of(3));
    local.sender().close();
    for (int i = 1; i <= 3; i++) {
      assertThat(ChannelPair.next(peer.receiver())).isEqualTo(Note.of(i));
    }
    ChannelPair.expectEnd(peer.receiver());
  }

  @Test
  void queuedMessagesAreReceivedBeforeThePeersWhenTheSenderMoves() throws Exception {
    local.sender().send(Note.of(1));
    peer.sender().send(Note.of(2));
    peer.sender().close();
    moveSender(local).commit(Ends.port(peer.receiver()));
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(1));
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(2));
    ChannelPair.expectEnd(local.receiver());
  }

  @Test
  void aMovedEndIsOutOfTheApplicationsHands() throws Exception {
    moveReceiver().commit(Ends.port(peer.sender()));
    assertThatThrownBy(() -> local.receiver().receive()).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> Ends.move(local.receiver())).isInstanceOf(IllegalStateException.class);
    local.receiver().close();
    local.sender().send(Note.of(1));
    assertThat(ChannelPair.next(peer.receiver())).isEqualTo(Note.of(1));
  }

  @Test
  void anEndThatWasSentAwayIsToldWhenTheChannelEnds() throws Exception {
    moveSender(local).commit(Ends.port(peer.receiver()));
    var closed = local.sender().closed();
    assertThat(closed.toCompletableFuture()).isNotDone();
    local.receiver().close();
    assertThat(Waits.value(closed).code()).isEqualTo(ReasonCode.CANCELLED);
    Channel<Note> other = Channel.of(Note.class, 4);
    moveReceiver(other).commit(Ends.port(Channel.of(Note.class, 4).sender()));
    other.sender().fail("enough");
    assertThat(Waits.value(other.receiver().closed()).message()).isEqualTo("enough");
  }

  @Test
  void anEndThatWasSentAwayKeepsItsTypeAndNotItsChannel() throws Exception {
    WeakReference<Object> channel = new WeakReference<>(Ends.port(local.sender()));
    moveSender(local).commit(Ends.port(peer.receiver()));
    peer.sender().send(Note.of(1));
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(1)); // it has gone on
    assertThat(local.sender().type()).isEqualTo(Note.class);
    assertThat(local.sender().capacity()).isEqualTo(4);
    Waits.until(
        "the channel is collected",
        () -> {
          System.gc();
          return channel.get() == null;
        });
  }

  @Test
  void aMoveThatIsUndoneChangesNothing() throws Exception {
    local.sender().send(Note.of(1));
    Moving move = Ends.move(local.receiver());
    assertThatThrownBy(() -> local.receiver().receive()).isInstanceOf(IllegalStateException.class);
    move.undo();
    assertThat(ChannelPair.next(local.receiver())).isEqualTo(Note.of(1));
  }

  @Test
  void aReceiveThatWaitsEndsWhenItsEndIsSentAway() throws Exception {
    Task<Note> receiving = Task.call(() -> local.receiver().receive()).awaitBlocked();
    moveReceiver().commit(Ends.port(peer.sender()));
    receiving.failure(IllegalStateException.class);
  }

  @Test
  void aSendThatWaitsEndsWhenItsEndIsSentAway() throws Exception {
    Channel<Note> full = Channel.of(Note.class, 1);
    full.sender().send(Note.of(0));
    Task<Boolean> sending = Task.run(() -> full.sender().send(Note.of(1))).awaitBlocked();
    moveSender(full).commit(Ends.port(peer.receiver()));
    sending.failure(IllegalStateException.class);
  }

  @Test
  void whatIsQueuedWaitsForRoomWhereTheReceiverWent() throws Exception {
    Channel<Note> narrow = Channel.of(Note.class, 1);
    for (int i = 0; i < 4; i++) {
      local.sender().send(Note.of(i));
    }
    moveReceiver().commit(Ends.port(narrow.sender()));
    for (int i = 0; i < 4; i++) {
      assertThat(ChannelPair.next(narrow.receiver())).isEqualTo(Note.of(i));
    }
    local.sender().send(Note.of(4));
    assertThat(ChannelPair.next(narrow.receiver())).isEqualTo(Note.of(4));
  }

  @Test
  void aSendThatWaitsGoesOnWhenTheReceiverMoves() throws Exception {
    for (int i = 0; i < 4; i++) {
      local.sender().send(Note.of(i));
    }
    Task<Boolean> sending = Task.run(() -> local.sender().send(Note.of(4))).awaitBlocked();
    moveReceiver().commit(Ends.port(peer.sender()));
    for (int i = 0; i < 5; i++) {
      assertThat(ChannelPair.next(peer.receiver())).isEqualTo(Note.of(i));
    }
    sending.result();
  }

  @Test
  void aSenderLearnsWhyTheQueueCouldNotBeSentOn() throws Exception {
    local.sender().send(Note.of(1));
    peer.receiver().close();
    moveReceiver().commit(Ends.port(peer.sender()));
    Task.run(() -> local.sender().send(Note.of(2))).failure(ChannelReset.class);
    assertThat(Waits.value(local.sender().closed()).code()).isEqualTo(ReasonCode.CANCELLED);
  }

  @Test
  void whatAReceiverDroppedCanBeWithdrawn() throws Exception {
    Channel<Note> rendezvous = Channel.of(Note.class, 0);
    SendPort<Note> port = Ends.port(rendezvous.sender());
    long number = port.trySend(Note.of(1));
    rendezvous.receiver().close();
    assertThat(port.withdraw(number)).isEqualTo(SendPort.Withdrawal.WITHDRAWN);
  }

  @Test
  void closedCompletesWhenTheLastMessageIsWithdrawnAfterTheClose() throws Exception {
    Channel<Note> rendezvous = Channel.of(Note.class, 0);
    SendPort<Note> port = Ends.port(rendezvous.sender());
    long number = port.trySend(Note.of(1));
    rendezvous.sender().close();
    var closed = rendezvous.sender().closed();
    assertThat(closed.toCompletableFuture()).isNotDone();
    assertThat(port.withdraw(number)).isEqualTo(SendPort.Withdrawal.WITHDRAWN);
    assertThat(Waits.value(closed)).isEqualTo(Reason.END);
  }

  @Test
  void aByteStreamThatIsClosedCannotBeSentAway() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    pair.left().close();
    assertThatThrownBy(() -> Ends.move(pair.left())).isInstanceOf(IllegalStateException.class);
    assertThat(pair.right().input().read()).isEqualTo(-1);
  }

  @Test
  void aByteStreamHalfClosedCanBeSentAway() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    pair.left().output().write(7);
    pair.left().output().close();
    Ends.move(pair.left()).undo();
    assertThat(pair.right().input().read()).isEqualTo(7);
    assertThat(pair.right().input().read()).isEqualTo(-1);
  }

  @Test
  void aReadThatWaitsEndsWhenItsStreamIsSentAway() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    ByteStream.Pair far = ByteStream.pair();
    Task<Integer> reading = Task.call(() -> pair.left().input().read()).awaitBlocked();
    Moving.BytesEnd move = (Moving.BytesEnd) Ends.move(pair.left());
    move.commit(portOf(far.left()));
    reading.failure(IllegalStateException.class);
  }

  private static io.libchan.spi.BytePort portOf(ByteStream stream) {
    return ((Moving.BytesEnd) Ends.move(stream)).port();
  }
}
