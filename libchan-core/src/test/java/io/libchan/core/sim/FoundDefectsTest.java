package io.libchan.core.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.SessionLost;
import io.libchan.spi.BytePort;
import io.libchan.spi.Ends;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.SendPort;
import io.libchan.spi.Successors;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Defects that the simulator found, each as small as it can be. */
final class FoundDefectsTest {
  private static ReceivePort<Letter> accept(Pair pair, int at) {
    return Objects.requireNonNull(pair.accepted(at));
  }

  private static Letter poll(ReceivePort<Letter> port) throws ChannelException {
    return (Letter) port.poll();
  }

  private static Object end(Letter letter) {
    return Objects.requireNonNull(letter.ends().get(0).end());
  }

  private static BytePort port(ByteStream stream) {
    return Successors.port(stream);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStreamMayOvertakeTheHelloOfTheListeningSide(boolean overPipe) throws Exception {
    for (int delay = 0; delay < 20; delay++) {
      Pair pair = Pair.notStarted(overPipe);
      pair.sessions[1]
          .start()
          .thenAccept(
              session -> {
                try {
                  assertThat(pair.open(1, 1).trySend(Pair.letter(1, 0))).isEqualTo(1);
                } catch (ChannelException e) {
                  throw new AssertionError(e);
                }
              });
      pair.world.after(delay * World.MICROSECOND, () -> pair.sessions[0].start());
      pair.settle();
      assertThat(poll(accept(pair, 0)).number()).isEqualTo(1);
    }
  }

  @Test
  void bytesThatACloseDropsAreNotAnEndOfInput() throws Exception {
    Pair pair = Pair.overPipe(Limits.DEFAULTS);
    ByteStream.Pair bytes = ByteStream.pair();
    BytePort here = port(bytes.right());
    pair.open(0, 1).trySend(Pair.letter(1, 0, bytes.left()));
    pair.settle();
    BytePort there = port((ByteStream) end(poll(accept(pair, 1))));
    Successors.of(here).write(new byte[10], 0, 10);
    Successors.of(here).closeOutput();
    pair.settle();
    assertThat(there.available()).isEqualTo(10);
    pair.sessions[1].startClosing();
    assertThatThrownBy(() -> there.read(new byte[10], 0, 10)).isInstanceOf(SessionLost.class);
  }

  @Test
  void bytesThatComeAfterACloseAreNotAnEndOfInput() throws Exception {
    Pair pair = Pair.overPipe(Limits.DEFAULTS);
    ByteStream.Pair bytes = ByteStream.pair();
    BytePort here = port(bytes.right());
    pair.open(0, 1).trySend(Pair.letter(1, 0, bytes.left()));
    pair.settle();
    BytePort there = port((ByteStream) end(poll(accept(pair, 1))));
    pair.pipe.stall(0);
    Successors.of(here).write(new byte[10], 0, 10);
    Successors.of(here).closeOutput();
    pair.sessions[1].startClosing();
    pair.pipe.resume();
    pair.settle();
    assertThatThrownBy(() -> there.read(new byte[10], 0, 10)).isInstanceOf(SessionLost.class);
  }

  @Test
  void aSenderThatNeedsTwoStreamsSleepsUntilThereAreTwo() throws Exception {
    Pair pair = Pair.overPipe(Limits.DEFAULTS.withMaxStreams(3));
    SendPort<Letter> other = pair.open(0, 1);
    ReceivePort<Letter> otherEnd;
    pair.settle();
    otherEnd = accept(pair, 1);
    SendPort<Letter> port = pair.open(0, 1);
    Letter letter = Pair.letter(1, 0, Pair.channel(1).receiver(), Pair.channel(1).receiver());
    assertThat(port.trySend(letter)).isEqualTo(SendPort.NO_ROOM);
    boolean[] signalled = new boolean[1];
    port.awaitRoom(() -> signalled[0] = true);
    pair.settle();
    assertThat(signalled[0]).isFalse();
    other.close(Reason.END);
    pair.settle();
    assertThat(otherEnd.poll()).isEqualTo(ReceivePort.None.END);
    pair.settle();
    assertThat(signalled[0]).isTrue();
    assertThat(port.trySend(letter)).isEqualTo(1);
  }

  @Test
  void aMessageThatNamesMoreStreamsThanThePeerAllowsIsOverTheLimit() throws Exception {
    Pair pair = Pair.overPipe(Limits.DEFAULTS.withMaxStreams(1));
    SendPort<Letter> port = pair.open(0, 1);
    Letter letter = Pair.letter(1, 0, Pair.channel(1).receiver(), Pair.channel(1).receiver());
    assertThatThrownBy(() -> port.trySend(letter)).isInstanceOf(LimitExceeded.class);
  }

  @Test
  void whatIsQueuedMovesAlongWhateverTheOutboxMayHold() throws Exception {
    Pair pair = Pair.overPipe(Limits.DEFAULTS.withMaxQueuedBytes(1));
    Channel<Letter> moving = Pair.channel(8);
    SendPort<Letter> kept = Ends.port(moving.sender());
    for (int number = 1; number <= 8; number++) {
      kept.trySend(Pair.letter(number, 100));
    }
    ByteStream.Pair bytes = ByteStream.pair();
    BytePort here = port(bytes.right());
    here.write(new byte[1000], 0, 1000);
    SendPort<Letter> port = pair.open(0, 1);
    port.trySend(Pair.letter(1, 0, moving.receiver(), bytes.left()));
    pair.settle();
    Letter letter = poll(accept(pair, 1));
    @SuppressWarnings("unchecked") // it carries letters
    ReceivePort<Letter> received = Ends.port((Receiver<Letter>) end(letter));
    for (int number = 1; number <= 8; number++) {
      assertThat(poll(received).number()).isEqualTo(number);
    }
    BytePort there = port((ByteStream) Objects.requireNonNull(letter.ends().get(1).end()));
    assertThat(there.available()).isEqualTo(1000);
  }

  @Test
  void whatCanNotMoveAlongIsALossAndNeverACleanEnd() throws Exception {
    Pair pair = Pair.overPipe(Limits.DEFAULTS.withMaxStreams(2));
    Channel<Letter> moving = Pair.channel(8);
    SendPort<Letter> kept = Ends.port(moving.sender());
    kept.trySend(Pair.letter(1, 0));
    kept.trySend(Pair.letter(2, 0, Pair.channel(1).receiver())); // there is no third stream
    kept.close(Reason.END);
    pair.open(0, 1).trySend(Pair.letter(1, 0, moving.receiver()));
    pair.settle();
    @SuppressWarnings("unchecked") // it carries letters
    ReceivePort<Letter> received = Ends.port((Receiver<Letter>) end(poll(accept(pair, 1))));
    assertThat(poll(received).number()).isEqualTo(1);
    assertThatThrownBy(received::poll).isInstanceOf(LimitExceeded.class);
  }

  @Test
  void anAttachmentThatEndsBeforeItIsNamedLeavesNothingBehind() throws Exception {
    Pair pair = Pair.overPipe(Limits.DEFAULTS);
    SendPort<Letter> port = pair.open(0, 2);
    Channel<Letter> channel = Pair.channel(1);
    port.trySend(Pair.letter(1, 100_000, channel.sender()));
    Pair.now(Ends.port(channel.receiver())).close(Reason.of(ReasonCode.CANCELLED, "early"));
    ByteStream.Pair bytes = ByteStream.pair();
    port.trySend(Pair.letter(2, 200_000, bytes.left()));
    Successors.of(port(bytes.right())).reset(Reason.of(ReasonCode.CANCELLED, "early"));
    pair.settle();
    ReceivePort<Letter> received = accept(pair, 1);
    poll(received);
    pair.settle();
    poll(received);
    port.close(Reason.END);
    pair.settle();
    assertThat(received.poll()).isEqualTo(ReceivePort.None.END);
    pair.settleLong();
    assertThat(pair.sessions[1].references()).isZero();
    assertThat(pair.sessions[1].streams()).isZero();
    assertThat(pair.sessions[1].unreadBytes()).isZero();
  }

  @Test
  void aLostSessionKeepsNoTables() throws Exception {
    Pair pair = Pair.overPipe(Limits.DEFAULTS);
    SendPort<Letter> port = pair.open(0, 8);
    port.trySend(Pair.letter(1, 0, Pair.channel(1).receiver()));
    pair.settle();
    port.trySend(Pair.letter(2, 600_000, Pair.channel(1).receiver()));
    pair.world.run(pair.world.time() + 2 * World.MILLISECOND, () -> false);
    pair.pipe.cut(new Wire.Cut(true, 3));
    pair.settleLong();
    for (int side = 0; side < 2; side++) {
      assertThat(pair.sessions[side].streams()).isZero();
      assertThat(pair.sessions[side].references()).isZero();
      assertThat(pair.sessions[side].waiting()).isZero();
    }
    assertThat(poll(accept(pair, 1)).number()).isEqualTo(1);
    assertThat(pair.sessions[1].unreadBytes()).isZero();
    assertThat(pair.world.timers()).isZero();
  }

  @Test
  void aChannelThatArrivesWhileTheSessionClosesFails() throws Exception {
    Pair pair = Pair.overMux(Limits.DEFAULTS);
    SendPort<Letter> port = pair.open(0, 8);
    pair.world.run(pair.world.time() + 500 * World.MICROSECOND, () -> false);
    pair.sessions[1].startClosing();
    pair.settle();
    ReceivePort<Letter> received = pair.accepted(1);
    assertThat(received == null || received.ended() != null).isTrue();
    assertThat(port.ended()).isNotNull();
    assertThat(pair.sessions[1].streams()).isZero();
  }

  @Test
  void messagesBehindOneThatWaitsForALostStreamAreStillReceived() throws Exception {
    Pair pair = Pair.overMux(Limits.DEFAULTS);
    SendPort<Letter> port = pair.open(0, 8);
    pair.settle();
    ReceivePort<Letter> received = accept(pair, 1);
    Channel<Letter> channel = Pair.channel(1);
    pair.mux.hold(true); // the stream is never seen
    port.trySend(Pair.letter(1, 0, channel.receiver()));
    port.trySend(Pair.letter(2, 0));
    pair.world.run(pair.world.time() + 10 * World.MILLISECOND, () -> false);
    assertThat(received.poll()).isEqualTo(ReceivePort.None.EMPTY);
    assertThat(pair.sessions[1].waiting()).isEqualTo(1);
    pair.mux.cut(new Wire.Cut(true, 0));
    pair.settle();
    assertThatThrownBy(received::poll).isInstanceOf(MessageRejected.class);
    assertThat(poll(received).number()).isEqualTo(2);
    assertThatThrownBy(received::poll).isInstanceOf(SessionLost.class);
    assertThat(pair.sessions[1].unreadBytes()).isZero();
  }

  @Test
  void aReceiverThatMovesByRendezvousGoesOnWhereItsChannelIs() throws Exception {
    Pair pair = Pair.overPipe(Limits.DEFAULTS);
    Channel<Letter> moving = Pair.channel(0);
    SendPort<Letter> kept = Ends.port(moving.sender());
    SendPort<Letter> port = pair.open(0, 0);
    long number = port.trySend(Pair.letter(1, 0, moving.receiver()));
    // Until the rendezvous is known to have come about, the end is still here.
    assertThat(kept.trySend(Pair.letter(1, 0))).isEqualTo(1);
    assertThat(kept.withdraw(1)).isEqualTo(SendPort.Withdrawal.WITHDRAWN);
    pair.settle();
    Letter letter = poll(accept(pair, 1));
    pair.settle();
    assertThat(port.isReceived(number)).isTrue();
    SendPort<Letter> far = Pair.now(kept);
    assertThat(far.trySend(Pair.letter(2, 0))).isEqualTo(2);
    assertThat(far.withdraw(2)).isEqualTo(SendPort.Withdrawal.PENDING);
    pair.settle();
    assertThat(far.withdraw(2)).isEqualTo(SendPort.Withdrawal.WITHDRAWN);
    assertThat(far.ended()).isNull();
    @SuppressWarnings("unchecked") // it carries letters
    ReceivePort<Letter> received = Ends.port((Receiver<Letter>) end(letter));
    assertThat(received.poll()).isEqualTo(ReceivePort.None.EMPTY);
  }
}
