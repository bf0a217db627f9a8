package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.Lab.Parcel;
import io.libchan.spi.Ends;
import io.libchan.spi.Moving;
import io.libchan.testkit.Rule;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Byte streams that come back, and what a peer may say by JOINED. */
final class ByteEchoTest {
  private final Lab lab = new Lab().greeted();
  private final ByteStream.Pair pair = ByteStream.pair();
  private Sender<Parcel> there;
  private Receiver<Parcel> arrivals;
  private Sender<Parcel> back;
  private Receiver<Parcel> returns;

  @BeforeEach
  void open() throws Exception {
    there = Objects.requireNonNull(lab.connecting.tryOpen("there", Parcel.class, 4));
    back = Objects.requireNonNull(lab.listening.tryOpen("back", Parcel.class, 4));
    lab.run();
    arrivals = Objects.requireNonNull(lab.listening.tryAccept("there", Parcel.class));
    returns = Objects.requireNonNull(lab.connecting.tryAccept("back", Parcel.class));
  }

  private void bounce(Object end) throws ChannelException {
    there.trySend(Parcel.of("", end));
    lab.run();
    back.trySend(Parcel.of("", take(arrivals)));
  }

  private ByteStream take(Receiver<Parcel> road) throws ChannelException {
    return (ByteStream) Objects.requireNonNull(road.poll()).ends().get(0);
  }

  private void expectRoadsOnly() {
    assertThat(lab.connecting.streams()).isEqualTo(2);
    assertThat(lab.listening.streams()).isEqualTo(2);
  }

  @Test
  @Rule({"FWD-15", "FWD-16"})
  void aStreamThatCameBackHasNoStreamsAndLostNothing() throws Exception {
    pair.left().output().write(1);
    there.trySend(Parcel.of("", pair.right()));
    lab.run();
    pair.left().output().write(2);
    ByteStream away = take(arrivals);
    away.output().write(11);
    lab.run();
    back.trySend(Parcel.of("", away));
    pair.left().output().write(3);
    lab.run();
    ByteStream home = take(returns);
    lab.run();
    expectRoadsOnly();
    pair.left().output().write(4); // nothing has to move
    home.output().write(12);
    assertThat(home.input().readNBytes(4)).containsExactly(1, 2, 3, 4);
    assertThat(pair.left().input().readNBytes(2)).containsExactly(11, 12);
    home.close();
    assertThat(pair.left().input().read()).isEqualTo(-1);
  }

  @Test
  @Rule("FWD-16")
  void aStreamThatIsSentOnBeforeTheFencesCameHasNoRelayInTheEnd() throws Exception {
    bounce(pair.right());
    lab.run();
    ByteStream home = take(returns); // the fences are under way
    pair.left().output().write(1);
    there.trySend(Parcel.of("", home));
    lab.run();
    ByteStream away = take(arrivals);
    lab.run();
    assertThat(lab.connecting.streams()).isEqualTo(3); // the roads, and one between the two ends
    away.output().write(11);
    pair.left().output().write(2);
    lab.run();
    assertThat(away.input().readNBytes(2)).containsExactly(1, 2);
    assertThat(pair.left().input().read()).isEqualTo(11);
  }

  @Test
  @Rule("FWD-16")
  void halvesThatWereClosedStayClosed() throws Exception {
    pair.left().output().write(1);
    pair.left().output().close();
    bounce(pair.right());
    lab.run();
    ByteStream home = take(returns);
    lab.run();
    assertThat(home.input().readAllBytes()).containsExactly(1);
    home.output().write(2);
    home.output().close();
    assertThat(pair.left().input().readAllBytes()).containsExactly(2);
    expectRoadsOnly();
  }

  @Test
  @Rule("FWD-16")
  void aSessionThatIsLostInTheMiddleFailsBothDirections() throws Exception {
    bounce(pair.right());
    pair.left().output().write(1);
    lab.listening.abort(Reason.of(ReasonCode.FAILED, "enough"));
    lab.run();
    assertThatThrownBy(() -> pair.left().input().read()).isInstanceOf(ChannelException.class);
    assertThatThrownBy(() -> pair.left().output().write(2)).isInstanceOf(ChannelException.class);
  }

  @Test
  @Rule("FWD-15")
  void whatTheFormOfJoinedIsNotEndsTheSession() {
    lab.listening.sayControl(new byte[] {Frames.JOINED, 0, 0, 0, 1, 9});
    lab.run();
    assertThat(lab.connecting.isOver()).isTrue();
  }

  @Test
  @Rule("FWD-15")
  void joinedStreamsThatNeverComeAreForgottenOneByOne() throws Exception {
    int most = Limits.DEFAULTS.maxPendingReferences();
    for (int i = 0; i < most + 100; i++) {
      lab.listening.sayJoined(1_000_000 + 4L * i, 1_000_002 + 4L * i);
    }
    lab.listening.sayJoined(3, 3);
    lab.run();
    assertThat(lab.connecting.joins()).isEqualTo(most);
    bounce(pair.right());
    lab.run();
    ByteStream home = take(returns);
    lab.run();
    expectRoadsOnly();
    home.output().write(1);
    assertThat(pair.left().input().read()).isEqualTo(1);
  }

  @Test
  @Rule({"FWD-15", "FWD-16"})
  void joinedThatIsNotTrueGivesNothingButAnEnd() throws Exception {
    ByteStream.Pair other = ByteStream.pair();
    there.trySend(Parcel.of("", pair.right()));
    there.trySend(Parcel.of("", other.right()));
    pair.left().output().write(1);
    lab.run();
    ByteStream one = take(arrivals);
    ByteStream two = take(arrivals);
    lab.listening.sayJoined(reference(one), reference(two)); // but both are the peer's
    lab.run();
    assertThat(one.input().readAllBytes()).containsExactly(1); // what was written before, no more
    assertThat(two.input().readAllBytes()).isEmpty();
    one.output().close();
    two.output().close();
    lab.run();
    pair.left().output().write(2);
    assertThat(other.left().input().read()).isEqualTo(2); // as the peer said
  }

  private static long reference(ByteStream end) {
    Moving.BytesEnd moving = (Moving.BytesEnd) Ends.move(end);
    moving.undo();
    return ((StreamPort) moving.port()).headers.reference();
  }
}
