package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.SessionLost;
import io.libchan.core.Lab.Parcel;
import io.libchan.spi.Ends;
import io.libchan.spi.SendPort;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Channels between two sessions that are moved by hand. */
final class RemoteChannelTest {
  private final Lab lab = new Lab().greeted();

  private Sender<Parcel> open(int capacity) throws ChannelException {
    Sender<Parcel> sender = lab.connecting.tryOpen("", Parcel.class, capacity);
    assertThat(sender).isNotNull();
    return sender;
  }

  private Receiver<Parcel> accept() {
    Receiver<Parcel> receiver = lab.listening.tryAccept("", Parcel.class);
    assertThat(receiver).isNotNull();
    return receiver;
  }

  private static String text(Receiver<Parcel> receiver) throws ChannelException {
    Parcel parcel = receiver.poll();
    return parcel == null ? "none" : parcel.text();
  }

  @Test
  void aMessageReceivedBeforeTheReceiverClosesIsKnownToBeReceived() throws Exception {
    Sender<Parcel> sender = open(0);
    SendPort<Parcel> port = Ends.port(sender);
    assertThat(port.trySend(Parcel.of("a"))).isEqualTo(1);
    lab.run();
    Receiver<Parcel> receiver = accept();
    assertThat(text(receiver)).isEqualTo("a");
    receiver.close();
    lab.run();
    assertThat(port.isReceived(1)).isTrue();
  }

  @Test
  void closedWaitsForUnreadMessagesOfALostSession() throws Exception {
    Sender<Parcel> sender = open(4);
    sender.trySend(Parcel.of("a"));
    lab.run();
    Receiver<Parcel> receiver = accept();
    var closed = receiver.closed().toCompletableFuture();
    lab.right.lose(new IOException("cut"));
    assertThat(lab.listening.isOver()).isTrue();
    assertThat(closed).isNotDone();
    assertThat(text(receiver)).isEqualTo("a");
    assertThat(closed.get().code()).isEqualTo(ReasonCode.CONNECTION_LOST);
  }

  @Test
  void closingAnEndOfAClosedSessionIsNoCleanEndForThePeer() throws Exception {
    Sender<Parcel> sender = open(4);
    sender.trySend(Parcel.of("a"));
    lab.run();
    Receiver<Parcel> receiver = accept();
    lab.connecting.startClosing();
    assertThatThrownBy(() -> sender.trySend(Parcel.of("b"))).isInstanceOf(SessionLost.class);
    sender.close();
    lab.run();
    assertThat(text(receiver)).isEqualTo("a");
    assertThatThrownBy(receiver::poll).isInstanceOf(SessionLost.class);
    assertThat(receiver.ended()).isFalse();
  }

  @Test
  void failedSendersCloseWithTheirReason() throws Exception {
    Sender<Parcel> sender = open(4);
    var closed = sender.closed().toCompletableFuture();
    sender.fail("enough");
    lab.run();
    assertThatThrownBy(accept()::poll).isInstanceOf(ChannelException.class);
    lab.run();
    assertThat(closed.get().code()).isEqualTo(ReasonCode.FAILED);
  }

  @Test
  void withdrawalsAreEachKnown() throws Exception {
    SendPort<Parcel> port = Ends.port(open(0));
    assertThat(port.trySend(Parcel.of("a"))).isEqualTo(1);
    assertThat(port.withdraw(1)).isEqualTo(SendPort.Withdrawal.PENDING);
    lab.run();
    assertThat(port.trySend(Parcel.of("b"))).isEqualTo(2);
    assertThat(port.withdraw(2)).isEqualTo(SendPort.Withdrawal.PENDING);
    lab.run();
    assertThat(port.withdraw(1)).isEqualTo(SendPort.Withdrawal.WITHDRAWN);
    assertThat(port.withdraw(2)).isEqualTo(SendPort.Withdrawal.WITHDRAWN);
  }

  @Test
  void aMessageCanBeWithdrawnAfterAClose() throws Exception {
    Sender<Parcel> sender = open(0);
    SendPort<Parcel> port = Ends.port(sender);
    port.trySend(Parcel.of("a"));
    sender.close();
    lab.run();
    assertThat(port.withdraw(1)).isEqualTo(SendPort.Withdrawal.PENDING);
    lab.run();
    assertThat(port.withdraw(1)).isEqualTo(SendPort.Withdrawal.WITHDRAWN);
    Receiver<Parcel> receiver = accept();
    assertThat(receiver.poll()).isNull();
    assertThat(receiver.ended()).isTrue();
    lab.run();
    assertThat(lab.connecting.streams()).isZero();
    assertThat(lab.listening.streams()).isZero();
  }

  @Test
  void aRendezvousClosedWhileAMessageIsUnderWayEndsAfterIt() throws Exception {
    Sender<Parcel> sender = open(0);
    Ends.port(sender).trySend(Parcel.of("a"));
    sender.close();
    lab.run();
    Receiver<Parcel> receiver = accept();
    assertThat(text(receiver)).isEqualTo("a");
    lab.run();
    assertThat(receiver.poll()).isNull();
    assertThat(receiver.ended()).isTrue();
    lab.run();
    assertThat(lab.connecting.streams()).isZero();
  }

  @Test
  void aMessageWithEndsLeavesBeforeTheCloseThatOvertookIt() throws Exception {
    Sender<Parcel> sender = open(4);
    Channel<Parcel> local = Channel.of(Parcel.class, 4);
    // The close comes while the message's stream is being opened, which looks at the clock.
    lab.clock.whenRead = sender::close;
    assertThat(sender.trySend(Parcel.of("a", local.receiver()))).isTrue();
    lab.run();
    Receiver<Parcel> receiver = accept();
    assertThat(text(receiver)).isEqualTo("a");
    assertThat(receiver.poll()).isNull();
    assertThat(receiver.ended()).isTrue();
  }

  @Test
  void anEndThatWasTakenByAMessageThatDidNotFitIsReleased() throws Exception {
    Sender<Parcel> sender = open(4);
    Channel<Parcel> local = Channel.of(Parcel.class, 4);
    sender.trySend(Parcel.of("reject", local.receiver()));
    lab.run();
    Receiver<Parcel> receiver = accept();
    assertThatThrownBy(receiver::poll).isInstanceOf(ChannelException.class);
    lab.run();
    assertThatThrownBy(() -> local.sender().trySend(Parcel.of("x")))
        .hasMessageContaining("UNCLAIMED");
    assertThat(lab.connecting.streams()).isEqualTo(1);
  }

  @Test
  void flushGoesOnWhereTheReceiverWent() throws Exception {
    Sender<Parcel> sender = open(4);
    Channel<Parcel> local = Channel.of(Parcel.class, 100);
    local.sender().trySend(Parcel.of("1"));
    local.sender().trySend(Parcel.of("2"));
    sender.trySend(Parcel.of("a", local.receiver()));
    lab.run();
    Parcel parcel = accept().poll();
    @SuppressWarnings("unchecked")
    Receiver<Parcel> moved = (Receiver<Parcel>) parcel.ends().get(0);
    assertThat(text(moved)).isEqualTo("1");
    assertThat(text(moved)).isEqualTo("2");
    lab.left.instant = true;
    lab.right.instant = true;
    local.sender().flush(Duration.ofMillis(200));
  }

  @Test
  void eachRendezvousGivesItsOwnEndsAway() throws Exception {
    SendPort<Parcel> port = Ends.port(open(0));
    Channel<Parcel> first = Channel.of(Parcel.class, 4);
    Channel<Parcel> second = Channel.of(Parcel.class, 4);
    port.trySend(Parcel.of("1", first.receiver()));
    lab.run();
    assertThat(text(accept())).isEqualTo("1");
    lab.run();
    port.trySend(Parcel.of("2", second.receiver()));
    assertThat(port.isReceived(1)).isTrue();
    assertThat(Ends.port(first.sender())).isInstanceOf(RemoteSendPort.class);
    assertThat(Ends.port(second.sender())).isNotInstanceOf(RemoteSendPort.class);
  }
}
