package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ProtocolViolation;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.Lab.Parcel;
import io.libchan.spi.Ends;
import io.libchan.testkit.Rule;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a peer may say by ECHO, and what it can't do by it. */
final class EchoTest {
  private final Lab lab = new Lab().greeted();
  private Sender<Parcel> sender;
  private Receiver<Parcel> receiver;

  @BeforeEach
  void open() throws Exception {
    sender = lab.connecting.tryOpen("", Parcel.class, 4);
    lab.run();
    receiver = lab.listening.tryAccept("", Parcel.class);
  }

  /** The peer writes a frame that the engine would not. */
  private void say(byte[] frame) {
    StreamPort port = (StreamPort) Ends.port(sender);
    port.lock.lock();
    try {
      port.outbox.add(frame);
    } finally {
      port.lock.unlock();
    }
    port.stream().wantWrite();
    lab.run();
  }

  @Test
  @Rule("FWD-11")
  void anEchoOfAStreamThatNeverComesIsKeptOneAtATimeAndForgottenWithItsOwn() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      say(Frames.count(Frames.ECHO, 1_000_000 + 2 * i));
    }
    assertThat(lab.listening.echoes()).isEqualTo(1);
    sender.trySend(Parcel.of("goes on"));
    lab.run();
    assertThat(receiver.poll().text()).isEqualTo("goes on");
    sender.close();
    lab.run();
    assertThat(receiver.poll()).isNull();
    lab.run();
    assertThat(lab.listening.echoes()).isZero();
    assertThat(lab.listening.streams()).isZero();
  }

  @Test
  @Rule("FRM-3")
  void anEchoOfAnotherSizeFailsItsChannelOnly() throws Exception {
    say(new byte[] {Frames.ECHO, 0, 0, 0, 1, 9});
    assertThatThrownBy(receiver::poll)
        .isInstanceOf(ProtocolViolation.class)
        .hasMessageContaining("FRM-3");
    assertThat(lab.listening.isOver()).isFalse();
  }

  @Test
  @Rule({"FWD-11", "FWD-12"})
  void anEchoThatIsNotTrueGivesNothingButAnEnd() throws Exception {
    // The peer claims that what it sends here is what we send on another channel of ours.
    Sender<Parcel> ours = lab.listening.tryOpen("other", Parcel.class, 4);
    lab.run();
    Receiver<Parcel> theirs = lab.connecting.tryAccept("other", Parcel.class);
    ours.trySend(Parcel.of("for the peer"));
    lab.run();
    long reference = ((StreamPort) Ends.port(ours)).headers.reference();
    say(Frames.count(Frames.ECHO, reference));
    // What was sent before the fence is the peer's; what comes after waits for the fence.
    assertThat(theirs.poll().text()).isEqualTo("for the peer");
    ours.trySend(Parcel.of("behind the fence"));
    lab.run();
    assertThat(receiver.poll()).isNull();
    sender.close();
    lab.run();
    assertThat(receiver.poll()).isNull();
    assertThat(receiver.ended()).isTrue();
  }

  @Test
  @Rule("FWD-10")
  void aChannelThatCameBackHasNoStreams() throws Exception {
    Channel<Parcel> channel = Channel.of(Parcel.class, 4);
    sender.trySend(Parcel.of("there", channel.receiver()));
    lab.run();
    Sender<Parcel> road = lab.listening.tryOpen("back", Parcel.class, 4);
    lab.run();
    road.trySend(Parcel.of("back", receiver.poll().ends().get(0)));
    channel.sender().trySend(Parcel.of("one"));
    lab.run();
    Receiver<Parcel> arrivals = lab.connecting.tryAccept("back", Parcel.class);
    @SuppressWarnings("unchecked") // it carries parcels
    Receiver<Parcel> back = (Receiver<Parcel>) arrivals.poll().ends().get(0);
    lab.run();
    assertThat(back.poll().text()).isEqualTo("one");
    lab.run();
    assertThat(lab.connecting.streams()).isEqualTo(2); // the two roads
    channel.sender().trySend(Parcel.of("two"));
    assertThat(back.poll().text()).isEqualTo("two"); // nothing had to move
  }
}
