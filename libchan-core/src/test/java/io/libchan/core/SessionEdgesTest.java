package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.Lab.Parcel;
import io.libchan.spi.Ends;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** Sessions and their mux at the edges of their lives; bytes that a correct peer does not send. */
final class SessionEdgesTest {
  private static final int DATA = 0;
  private static final int UPDATE = 1;
  private static final int SYN = 1;
  private static final int FIN = 4;
  private static final int RST = 8;

  static byte[] frame(int type, int flags, int stream, byte... payload) {
    ByteBuffer out = ByteBuffer.allocate(12 + payload.length);
    out.put((byte) 0).put((byte) type).putShort((short) flags).putInt(stream);
    out.putInt(payload.length).put(payload);
    return out.array();
  }

  static byte[] preamble(int kind, long reference, long parent) {
    byte[] codec = "parcel".getBytes(StandardCharsets.UTF_8);
    int length = 9 + 3 + codec.length + (parent == 0 ? 0 : 11);
    ByteBuffer out = ByteBuffer.allocate(2 + length);
    out.putShort((short) length).put((byte) kind).putLong(reference);
    out.put((byte) 2).putShort((short) codec.length).put(codec);
    if (parent != 0) {
      out.put((byte) 4).putShort((short) 8).putLong(parent);
    }
    return out.array();
  }

  @Test
  void aStreamRefusedWhileItIsOpenedIsForgotten() {
    Lab lab = new Lab().greeted();
    lab.right.receive(frame(UPDATE, SYN, 3));
    lab.right.fill();
    lab.right.eager = true; // RST leaves before the reader is back
    lab.right.receive(frame(DATA, 0, 3, preamble(3, 3, 0)));
    assertThat(lab.listening.streams()).isZero();
  }

  @Test
  void aStreamThatArrivesWhileTheSessionClosesEndsWithIt() throws Exception {
    Lab lab = new Lab().greeted();
    lab.right.held = true;
    lab.right.receive(frame(UPDATE, SYN, 3));
    lab.listening.startClosing();
    lab.right.receive(frame(DATA, 0, 3, preamble(1, 3, 0)));
    Receiver<Parcel> receiver = lab.listening.tryAccept("", Parcel.class);
    if (receiver != null) {
      assertThatThrownBy(receiver::poll).isInstanceOf(ChannelException.class);
    }
  }

  @Test
  void closingWhileAnAttachmentIsOpenedEndsTheSession() throws Exception {
    Lab lab = new Lab().greeted();
    Sender<Parcel> sender = lab.connecting.tryOpen("", Parcel.class, 4);
    lab.run();
    Channel<Parcel> local = Channel.of(Parcel.class, 4);
    lab.clock.whenRead = lab.connecting::startClosing;
    try {
      sender.trySend(Parcel.of("a", local.sender()));
    } catch (ChannelException e) {
      // as it may be
    }
    lab.run();
    assertThat(lab.connecting.isOver()).isTrue();
  }

  @Test
  void thePeersStreamMayComeBeforeTheAuthenticatorsThreadIsDone() {
    Lab lab = new Lab(Lab.options().build(), Lab.options().authenticator(attempt -> true).build());
    lab.connecting
        .start()
        .thenAccept(
            session -> {
              try {
                assertThat(lab.connecting.tryOpen("", Parcel.class, 4)).isNotNull();
              } catch (ChannelException e) {
                throw new AssertionError(e);
              }
            });
    var started = lab.listening.start().toCompletableFuture();
    lab.left.instant = true;
    lab.right.instant = true; // HELLO arrives, and the answer, inside the sending of it
    lab.run();
    assertThat(started).isCompleted();
    assertThat(lab.listening.isOver()).isFalse();
    assertThat(lab.listening.<Parcel>tryAccept("", Parcel.class)).isNotNull();
  }

  @Test
  void anAuthenticatorThatBreaksRefusesThePeer() {
    Lab lab =
        new Lab(
            Lab.options().build(),
            Lab.options()
                .authenticator(
                    attempt -> {
                      throw new NoClassDefFoundError("as asked");
                    })
                .build());
    var started = lab.connecting.start().toCompletableFuture();
    lab.listening.start();
    lab.run();
    assertThatThrownBy(started::get)
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("REFUSED");
  }

  @Test
  void drainingBeforeTheHelloIsSaidAfterIt() {
    Lab lab = new Lab(Lab.options().build(), Lab.options().authenticator(attempt -> true).build());
    lab.listening.start();
    var started = lab.connecting.start().toCompletableFuture();
    lab.left.step(); // the peer's HELLO is here, the authenticator has not run
    lab.listening.startDraining();
    lab.run();
    assertThat(started).isCompleted();
    assertThatThrownBy(() -> lab.connecting.tryOpen("", Parcel.class, 4))
        .hasMessageContaining("DRAINING");
  }

  @Test
  void bytesBeforeTheHelloEndAConnectingSessionAtOnce() {
    Lab lab = new Lab();
    lab.left.whenWanted =
        () -> lab.left.receive("SSH-2.0-x\r\nand more".getBytes(StandardCharsets.UTF_8));
    var started = lab.connecting.start().toCompletableFuture();
    lab.run();
    assertThat(started).isCompletedExceptionally();
    assertThat(lab.connecting.isOver()).isTrue();
  }

  @Test
  void aPlaceIsGivenBackWhenTheTypeCannotBeSent() throws Exception {
    Options one = Lab.limited(Limits.DEFAULTS.withMaxStreams(1));
    Lab lab = new Lab(one, one).greeted();
    assertThatThrownBy(() -> lab.connecting.tryOpen("", Thread.class, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(lab.connecting.tryOpen("", Parcel.class, 1)).isNotNull();
  }

  @Test
  void aNameThatNoPreambleHoldsIsRefusedHere() throws Exception {
    Lab lab = new Lab().greeted();
    assertThatThrownBy(() -> lab.connecting.tryOpen("n".repeat(9000), Parcel.class, 1))
        .isInstanceOf(IllegalArgumentException.class);
    lab.run();
    assertThat(lab.connecting.isOver()).isFalse();
  }

  @Test
  void anAttachedChannelOfATypeThatCannotBeSentLeavesEverythingAsItWas() throws Exception {
    Lab lab = new Lab().greeted();
    Sender<Parcel> sender = lab.connecting.tryOpen("", Parcel.class, 1);
    Channel<Parcel> good = Channel.of(Parcel.class, 1);
    Channel<Thread> bad = Channel.of(Thread.class, 1);
    assertThatThrownBy(() -> sender.trySend(Parcel.of("a", good.receiver(), bad.receiver())))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(good.receiver().poll()).isNull();
    assertThat(lab.connecting.streams()).isEqualTo(1);
    assertThat(sender.trySend(Parcel.of("b"))).isTrue();
  }

  @Test
  void aCancelledStreamThatWasBlockedDoesNotHoldTheCloseUp() throws Exception {
    Lab lab = new Lab().greeted();
    Sender<Parcel> sender = lab.connecting.tryOpen("", Parcel.class, 100);
    for (int i = 0; i < 30; i++) {
      sender.trySend(Parcel.of("x".repeat(20_000)));
    }
    lab.run();
    // The receiver's CANCEL and end arrive before any credit.
    Receiver<Parcel> receiver = lab.listening.tryAccept("", Parcel.class);
    assertThat(receiver).isNotNull();
    lab.left.receive(frame(DATA, FIN, 3));
    lab.run();
    lab.connecting.startClosing();
    lab.run();
    assertThat(lab.connecting.isOver()).isTrue();
  }

  @Test
  void aPeerThatSaysGoodbyeAndStopsReadingDoesNotKeepTheConnection() {
    Lab lab = new Lab().greeted();
    lab.right.held = true; // it can't write: the peer does not read
    lab.right.receive(frame(3, 0, 0));
    assertThat(lab.listening.isOver()).isTrue();
    lab.clock.advance(Duration.ofSeconds(10));
    assertThat(lab.right.closed).isTrue();
  }

  @Test
  void aWriterThatWaitsForAStreamThatWillNotLeaveEndsWithTheSession() throws Exception {
    Lab lab = new Lab().greeted();
    Sender<Parcel> sender = lab.connecting.tryOpen("", Parcel.class, 4);
    lab.run();
    Channel<Parcel> local = Channel.of(Parcel.class, 4);
    // GO_AWAY drops what is to be opened; then the message that names it is posted.
    lab.left.whenWanted =
        () -> {
          lab.left.receive(frame(3, 0, 0));
        };
    try {
      sender.trySend(Parcel.of("a", local.sender()));
    } catch (ChannelException e) {
      // as it may be
    }
    lab.run();
    assertThat(lab.left.closed).isTrue();
  }

  @Test
  void refusedStreamsDoNotPileUpWhileThePeerDoesNotRead() {
    Lab lab = new Lab().greeted();
    lab.right.held = true;
    for (int id = 3; id < 100_000 && !lab.listening.isOver(); id += 2) {
      lab.right.receive(frame(UPDATE, SYN, id));
    }
    assertThat(lab.listening.isOver()).isTrue();
  }

  @Test
  void streamsOpenedAndResetDoNotPileUpWhileThePeerDoesNotRead() {
    Lab lab = new Lab().greeted();
    lab.right.held = true;
    for (int id = 3; id < 100_000 && !lab.listening.isOver(); id += 2) {
      lab.right.receive(frame(UPDATE, SYN, id));
      lab.right.receive(frame(UPDATE, RST, id));
    }
    assertThat(lab.listening.isOver()).isTrue();
  }

  @Test
  void aStreamThatIsResetLeavesNoTimerBehind() {
    Lab lab = new Lab().greeted();
    int before = lab.clock.timers.size();
    byte[] preamble = preamble(1, 3, 0);
    preamble[preamble.length - 1] = 'x'; // a codec that nobody has
    lab.right.receive(frame(UPDATE, SYN, 3));
    lab.right.receive(frame(DATA, 0, 3, preamble));
    lab.right.receive(frame(UPDATE, RST, 3));
    assertThat(lab.clock.timers).hasSize(before);
  }

  @Test
  void incompleteMessagesCountAsMemory() throws Exception {
    Options small = Lab.limited(Limits.DEFAULTS.withMaxSessionBytes(300_000));
    Lab lab = new Lab(Lab.options().build(), small).greeted();
    lab.right.held = true; // the other side knows nothing of these streams
    for (int id = 3; id <= 5; id += 2) {
      lab.right.receive(frame(UPDATE, SYN, id));
      lab.right.receive(frame(DATA, 0, id, preamble(1, id, 0)));
      byte[] begun = new byte[50_000];
      ByteBuffer.wrap(begun).put((byte) 16).putInt(1_000_000);
      for (int i = 0; i < 4; i++) {
        lab.right.receive(frame(DATA, 0, id, begun));
        Arrays.fill(begun, (byte) 0);
      }
    }
    assertThat(lab.listening.memory().bytes()).isBetween(1L, 300_000L);
    Receiver<Parcel> one = lab.listening.tryAccept("", Parcel.class);
    Receiver<Parcel> two = lab.listening.tryAccept("", Parcel.class);
    assertThat(Ends.port(one).ended() != null ^ Ends.port(two).ended() != null).isTrue();
    String reason = String.valueOf(Ends.port(one).ended()) + Ends.port(two).ended();
    assertThat(reason).contains("session-memory");
  }

  @Test
  void memoryIsGivenBackWhenALongMessageIsReceived() throws Exception {
    Lab lab = new Lab().greeted();
    Sender<Parcel> sender = lab.connecting.tryOpen("", Parcel.class, 4);
    sender.trySend(Parcel.of("x".repeat(1_000_000)));
    lab.run();
    assertThat(lab.listening.memory().bytes()).isGreaterThan(1_000_000);
    assertThat(lab.listening.<Parcel>tryAccept("", Parcel.class).poll()).isNotNull();
    assertThat(lab.listening.memory().bytes()).isZero();
  }

  @Test
  void withdrawAnswersDoNotPileUpWhileThePeerDoesNotRead() {
    Options small = Lab.limited(Limits.DEFAULTS.withMaxQueuedBytes(1000));
    Lab lab = new Lab(Lab.options().build(), small).greeted();
    lab.right.held = true;
    lab.right.receive(frame(UPDATE, SYN, 3));
    byte[] known = preamble(1, 3, 0);
    byte[] rendezvous = Arrays.copyOf(known, known.length + 7);
    ByteBuffer.wrap(rendezvous)
        .putShort(0, (short) (rendezvous.length - 2))
        .position(known.length)
        .put((byte) 3)
        .putShort((short) 4)
        .putInt(0);
    lab.right.receive(frame(DATA, 0, 3, rendezvous));
    for (long n = 1; n <= 1000; n++) {
      byte[] both = new byte[5 + 3 + 5 + 8];
      ByteBuffer.wrap(both)
          .put((byte) 16)
          .putInt(3)
          .put(new byte[3])
          .put((byte) 19)
          .putInt(8)
          .putLong(n);
      lab.right.receive(frame(DATA, 0, 3, both));
    }
    Receiver<Parcel> receiver = lab.listening.tryAccept("", Parcel.class);
    assertThat(receiver).isNotNull();
    assertThat(Ends.port(receiver).ended()).isNotNull();
    assertThat(Ends.port(receiver).ended().code()).isEqualTo(ReasonCode.LIMIT);
  }

  @Test
  void unknownPreambleHeadersAreIgnoredWhateverTheyHold() {
    Lab lab = new Lab().greeted();
    byte[] known = preamble(1, 3, 0);
    byte[] all = Arrays.copyOf(known, known.length + 8);
    ByteBuffer.wrap(all)
        .putShort(0, (short) (all.length - 2))
        .position(known.length)
        .put((byte) 99)
        .putShort((short) 1)
        .put((byte) 0xff)
        .put((byte) 99)
        .putShort((short) 1)
        .put((byte) 0xfe);
    lab.right.receive(frame(UPDATE, SYN, 3));
    lab.right.receive(frame(DATA, 0, 3, all));
    assertThat(lab.listening.isOver()).isFalse();
    assertThat(lab.listening.<Parcel>tryAccept("", Parcel.class)).isNotNull();
  }

  @Test
  void streamsLeaveInTheOrderOfTheirNumbersHoweverSmallTheBatches() throws Exception {
    Lab lab = new Lab().greeted();
    lab.left.batch = 128;
    for (int round = 0; round < 200; round++) {
      lab.left.batch = 128 + round % 100;
      Sender<Parcel> one = lab.connecting.tryOpen("a".repeat(round), Parcel.class, 4);
      Sender<Parcel> two = lab.connecting.tryOpen("b", Parcel.class, 4);
      one.trySend(Parcel.of("1"));
      two.trySend(Parcel.of("2"));
      lab.right.receive(frame(2, 1, 0));
      lab.run();
      one.fail("done");
      two.fail("done");
      lab.listening.tryAccept("a".repeat(round), Parcel.class).close();
      lab.listening.tryAccept("b", Parcel.class).close();
      lab.run();
    }
    assertThat(lab.connecting.isOver()).isFalse();
    assertThat(lab.connecting.streams()).isZero();
  }
}
