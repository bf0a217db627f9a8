package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.Lab.Parcel;
import io.libchan.spi.Ends;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.SendPort;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ends that are sent away while somebody still uses them, or with their other end. */
final class MovedEndsRaceTest {
  private final Lab lab = new Lab().greeted();
  private final Channel<Parcel> local = Channel.of(Parcel.class, 4);
  private Sender<Parcel> sender;

  @BeforeEach
  void open() throws Exception {
    sender = lab.connecting.tryOpen("", Parcel.class, 4);
    lab.run();
  }

  @Test
  void aSendThatWasUnderWayWhenItsEndMovedIsNotLost() throws Exception {
    // A thread that has passed the check of the end's owner holds this port.
    SendPort<Parcel> port = Ends.port(local.sender());
    sender.trySend(Parcel.of("a", local.sender()));
    assertThat(port.trySend(Parcel.of("late"))).isEqualTo(SendPort.SUPERSEDED);
  }

  @Test
  void aReceiveThatWasUnderWayWhenItsEndMovedSeesNoEnd() throws Exception {
    ReceivePort<Parcel> port = Ends.port(local.receiver());
    sender.trySend(Parcel.of("a", local.receiver()));
    local.sender().close();
    assertThat(port.poll()).isEqualTo(ReceivePort.None.SUPERSEDED);
  }

  @Test
  @SuppressWarnings("unchecked") // the channel carries parcels
  void bothEndsOfOneChannelInOneMessageAreOneChannelAtThePeer() throws Exception {
    local.sender().trySend(Parcel.of("x"));
    sender.trySend(Parcel.of("a", local.sender(), local.receiver()));
    lab.run();
    Parcel parcel = (Parcel) lab.listening.tryAccept("", Parcel.class).poll();
    lab.run();
    Receiver<Parcel> receiver = (Receiver<Parcel>) parcel.ends().get(1);
    assertThat(receiver.poll()).isEqualTo(Parcel.of("x"));
    assertThat(((Sender<Parcel>) parcel.ends().get(0)).trySend(Parcel.of("y"))).isTrue();
    lab.run();
    assertThat(receiver.poll()).isEqualTo(Parcel.of("y"));
  }

  @Test
  void bothEndsOfOneByteStreamInOneMessageAreOneByteStreamAtThePeer() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    pair.left().output().write(1);
    sender.trySend(Parcel.of("a", pair.left(), pair.right()));
    lab.run();
    Parcel parcel = (Parcel) lab.listening.tryAccept("", Parcel.class).poll();
    ByteStream left = (ByteStream) parcel.ends().get(0);
    ByteStream right = (ByteStream) parcel.ends().get(1);
    left.output().write(2);
    right.output().write(3);
    lab.run();
    assertThat(right.input().readNBytes(2)).containsExactly(1, 2);
    assertThat(left.input().read()).isEqualTo(3);
  }

  @Test
  void numbersGoOnWhenAMessageIsWithdrawnBeforeTheMoveIsSettled() throws Exception {
    Sender<Parcel> rendezvous = lab.connecting.tryOpen("r", Parcel.class, 0);
    Channel<Parcel> meeting = Channel.of(Parcel.class, 0);
    SendPort<Parcel> port = Ends.port(meeting.sender());
    SendPort<Parcel> carrier = Ends.port(rendezvous);
    assertThat(port.trySend(Parcel.of("1"))).isEqualTo(1);
    carrier.trySend(Parcel.of("a", meeting.receiver()));
    assertThat(port.withdraw(1)).isEqualTo(SendPort.Withdrawal.WITHDRAWN);
    assertThat(port.trySend(Parcel.of("2"))).isEqualTo(2);
    lab.run();
    Parcel parcel = lab.listening.<Parcel>tryAccept("r", Parcel.class).poll();
    lab.run();
    assertThat(carrier.isReceived(1)).isTrue(); // now it moves
    lab.run();
    assertThat(((Receiver<?>) parcel.ends().get(0)).poll()).isEqualTo(Parcel.of("2"));
    lab.run();
    assertThat(Ends.port(meeting.sender()).isReceived(2)).isTrue();
  }

  @Test
  void aQueuedMessageThatCannotBeSentOnFailsItsChannelOnly() throws Exception {
    Channel<Parcel> other = Channel.of(Parcel.class, 4);
    sender.trySend(Parcel.of("b", other.receiver()));
    local.sender().trySend(Parcel.of("x", other.sender()));
    other.sender().close(); // now it can't go
    assertThat(sender.trySend(Parcel.of("a", local.receiver()))).isTrue();
    lab.run();
    assertThat(lab.connecting.isOver()).isFalse();
    assertThatThrownBy(() -> local.sender().trySend(Parcel.of("y"))).hasMessageContaining("FAILED");
  }
}
