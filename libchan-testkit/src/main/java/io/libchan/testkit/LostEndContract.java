package io.libchan.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.LostEnds;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.testkit.Boxes.ReceiverBox;
import io.libchan.testkit.Boxes.SenderBox;
import io.libchan.testkit.Boxes.StreamBox;
import java.io.IOException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Ends that an application loses: the other end learns it once the collector has found them.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public abstract class LostEndContract extends SessionContract {
  /** For subclasses. */
  protected LostEndContract() {}

  private LostEnds before = LostEnds.now();

  @BeforeEach
  void closeLostEnds() {
    before = LostEnds.now();
    LostEnds.CLOSE.use();
  }

  @AfterEach
  void restore() {
    before.use();
  }

  private static Reason collected(CompletionStage<Reason> closed) throws Exception {
    Waits.until(
        "the collector to find a lost end",
        () -> {
          System.gc();
          return closed.toCompletableFuture().isDone();
        });
    return Waits.value(closed);
  }

  @Test
  void aReceiverThatIsLostStopsItsSender() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 4);
    ChannelPair<ReceiverBox> road = bed.open(ReceiverBox.class, 4);
    road.sender().send(new ReceiverBox(1, channel.receiver()));
    assertThat(road.next().number()).isEqualTo(1);
    channel.sender().send(Note.of(1));
    Reason reason = collected(channel.sender().closed());
    assertThat(reason.code()).isEqualTo(ReasonCode.FAILED);
    assertThat(reason.message()).contains("lost");
  }

  @Test
  void aSenderThatIsLostFailsItsReceiverAfterWhatItSent() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 4);
    ChannelPair<SenderBox> road = bed.open(SenderBox.class, 4);
    road.sender().send(new SenderBox(1, channel.sender()));
    road.next().sender().send(Note.of(5));
    assertThat(ChannelPair.next(channel.receiver())).isEqualTo(Note.of(5));
    Reason reason = collected(channel.receiver().closed());
    assertThat(reason.code()).isEqualTo(ReasonCode.FAILED);
    assertThat(reason.message()).contains("lost");
  }

  @Test
  void aByteStreamThatIsLostIsResetAndDoesNotEnd() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    ChannelPair<StreamBox> road = bed.open(StreamBox.class, 4);
    road.sender().send(new StreamBox(pair.left()));
    road.next().stream().output().write(7);
    assertThat(pair.right().input().read()).isEqualTo(7);
    Task<Integer> reading = Task.call(() -> pair.right().input().read());
    Waits.until(
        "the collector to find a lost end",
        () -> {
          System.gc();
          return reading.isDone();
        });
    reading.failure(IOException.class);
  }

  @Test
  void whatWasWrittenBeforeACloseArrivesThoughTheStreamIsLost() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    ChannelPair<StreamBox> road = bed.open(StreamBox.class, 4);
    road.sender().send(new StreamBox(pair.left()));
    byte[] bytes = new byte[200_000];
    writeAndLose(road, bytes);
    System.gc();
    assertThat(pair.right().input().readNBytes(bytes.length)).hasSize(bytes.length);
    assertThat(pair.right().input().read()).isEqualTo(-1);
  }

  private static void writeAndLose(ChannelPair<StreamBox> road, byte[] bytes) throws Exception {
    ByteStream stream = road.next().stream();
    stream.output().write(bytes);
    stream.output().close();
  }

  @Test
  void anEndInUseIsNotLost() throws Exception {
    Channel<Note> channel = Channel.of(Note.class, 4);
    Channel<Note> back = Channel.of(Note.class, 4);
    ChannelPair<ReceiverBox> road = bed.open(ReceiverBox.class, 4);
    road.sender().send(new ReceiverBox(1, channel.receiver()));
    ChannelPair<SenderBox> other = bed.open(SenderBox.class, 4);
    other.sender().send(new SenderBox(1, back.sender()));
    Task<Note> receiving = receiveAlone(road.next().receiver());
    System.gc();
    channel.sender().send(Note.of(3));
    assertThat(receiving.result()).isEqualTo(Note.of(3));
    Sender<Note> there = other.next().sender();
    Receiver<Note> here = back.receiver();
    for (int i = 0; i < 3; i++) {
      System.gc();
      there.send(Note.of(i));
      assertThat(ChannelPair.next(here)).isEqualTo(Note.of(i));
    }
    there.close();
    ChannelPair.expectEnd(here);
  }

  /** The only one who holds the end is the call that waits. */
  private static Task<Note> receiveAlone(Receiver<Note> receiver) throws Exception {
    return Task.call(() -> receiver.receive()).awaitBlocked();
  }
}
