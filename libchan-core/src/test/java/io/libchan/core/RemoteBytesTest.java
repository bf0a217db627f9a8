package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.core.Lab.Parcel;
import io.libchan.spi.BytePort;
import io.libchan.spi.Ends;
import io.libchan.spi.Moving;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Byte streams between two sessions that are moved by hand. */
final class RemoteBytesTest {
  private Lab lab = new Lab().greeted();
  private final ByteStream.Pair pair = ByteStream.pair();

  /** What the peer got for the right end. */
  private ByteStream sent() throws ChannelException {
    Sender<Parcel> sender = lab.connecting.tryOpen("", Parcel.class, 4);
    assertThat(sender).isNotNull();
    sender.trySend(Parcel.of("a", pair.right()));
    lab.run();
    Parcel parcel = lab.listening.<Parcel>tryAccept("", Parcel.class).poll();
    return (ByteStream) parcel.ends().get(0);
  }

  @Test
  void closingAStreamOfAClosedSessionIsNoEndOfInputForThePeer() throws Exception {
    InputStream input = sent().input();
    pair.left().output().write(new byte[3]);
    lab.run();
    lab.connecting.startClosing();
    pair.left().output().close();
    lab.run();
    assertThat(input.read(new byte[10])).isEqualTo(3);
    assertThatThrownBy(input::read).isInstanceOf(ChannelException.class);
  }

  @Test
  void inputDroppedWithTheSessionIsNoEndOfInput() throws Exception {
    InputStream input = sent().input();
    pair.left().output().write(new byte[3]);
    pair.left().output().close();
    lab.run();
    lab.listening.startClosing();
    assertThatThrownBy(input::read).isInstanceOf(ChannelException.class);
  }

  @Test
  void inputDroppedWithAResetIsNoEndOfInput() throws Exception {
    InputStream input = sent().input();
    pair.left().output().write(new byte[3]);
    pair.left().output().close();
    lab.run();
    pair.left().reset(Reason.of(ReasonCode.FAILED, "no"));
    lab.run();
    assertThatThrownBy(input::read).isInstanceOf(ChannelException.class);
  }

  @Test
  void closingInputWakesWhoeverReads() throws Exception {
    ByteStream far = sent();
    BytePort port = ((Moving.BytesEnd) Ends.move(far)).port();
    AtomicInteger signals = new AtomicInteger();
    port.awaitReadable(signals::incrementAndGet);
    assertThat(signals).hasValue(0);
    port.closeInput(Reason.of(ReasonCode.CANCELLED, ""));
    assertThat(signals).hasValue(1);
    port.awaitReadable(signals::incrementAndGet);
    assertThat(signals).hasValue(2);
  }

  @Test
  void aWriteThatFailsLeavesTheRoomThatItTook() throws Exception {
    BytePort port = ((Moving.BytesEnd) Ends.move(sent())).port();
    byte[] bytes = new byte[Segments.BYTES];
    int most = Limits.DEFAULTS.maxQueuedBytes();
    for (int failed = 0; failed <= most; failed += bytes.length) {
      assertThatThrownBy(() -> port.write(bytes, 1, bytes.length))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    assertThat(port.write(bytes, 0, bytes.length)).isEqualTo(bytes.length);
  }

  @Test
  void aWriterIsToldOfRoomForWhichARelayWaitedThatHasLeft() throws Exception {
    Limits small = Limits.DEFAULTS.withMaxQueuedBytes(Segments.BYTES);
    lab = new Lab(Lab.limited(small), Lab.limited(small)).greeted();
    BytePort port = ((Moving.BytesEnd) Ends.move(sent())).port();
    port.relayedBy(() -> {});
    assertThat(port.write(new byte[Segments.BYTES], 0, Segments.BYTES)).isPositive();
    assertThat(((RemoteBytePort) port).relayRoom()).isZero();
    port.relayedBy(null);
    AtomicInteger signals = new AtomicInteger();
    port.awaitWritable(signals::incrementAndGet);
    assertThat(signals).hasValue(0);
    lab.run();
    assertThat(signals).hasValue(1);
  }

  /** Bulk is copied in segments, small writes are not, and all of it keeps its order. */
  @Test
  void writesOfAllSizesArriveInOrder() throws Exception {
    InputStream input = sent().input();
    int[] sizes = {1, 70_000, 8191, 8192, 16 * 1024, 3, 100_000, 16 * 1024 + 1, 5000, 64 * 1024};
    int position = 0;
    for (int round = 0; round < 20; round++) {
      int start = position;
      for (int size : sizes) {
        pair.left().output().write(bytes(position, size));
        position += size;
      }
      for (int at = start; at < position; ) {
        lab.run();
        byte[] part = new byte[Math.min(10_007, position - at)];
        int count = input.read(part);
        assertThat(Arrays.copyOf(part, count)).isEqualTo(bytes(at, count));
        at += count;
      }
    }
    assertThat(lab.listening.memory().bytes()).isZero();
  }

  /** Waking it for each chunk that leaves would cost more than the chunk. */
  @Test
  void aWriterThatFoundNoRoomIsWokenWhenHalfOfItIsThere() throws Exception {
    ByteStream far = sent();
    BytePort port = ((Moving.BytesEnd) Ends.move(far)).port();
    lab.right.held = true;
    byte[] bytes = new byte[64 * 1024];
    while (port.write(bytes, 0, bytes.length) > 0) {
      assertThat(lab.listening.limits().maxQueuedBytes()).isPositive();
    }
    AtomicInteger signals = new AtomicInteger();
    port.awaitWritable(signals::incrementAndGet);
    assertThat(signals).hasValue(0);
    lab.right.held = false;
    lab.run(); // a window leaves
    assertThat(signals).hasValue(0);
    InputStream input = pair.left().input();
    int read = 0;
    while (signals.get() == 0) {
      int count = input.read(bytes);
      assertThat(count).isPositive();
      read += count;
      lab.run();
    }
    assertThat(read).isLessThanOrEqualTo(lab.listening.limits().maxQueuedBytes());
    assertThat(port.write(bytes, 0, bytes.length)).isEqualTo(bytes.length);
  }

  @Test
  void bytesThatAreDroppedAreNotCountedAsHeld() throws Exception {
    ByteStream far = sent();
    pair.left().output().write(new byte[100_000]);
    lab.run();
    assertThat(far.input().read(new byte[100])).isEqualTo(100);
    assertThat(lab.listening.memory().bytes()).isEqualTo(99_900);
    far.input().close();
    lab.run();
    assertThat(lab.listening.memory().bytes()).isZero();
    pair.left().output().write(new byte[300_000]); // more than a window: it is granted
    lab.run();
    assertThat(lab.listening.memory().bytes()).isZero();
  }

  private static byte[] bytes(int position, int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) ((position + i) * 31 + (position + i) / 251);
    }
    return bytes;
  }
}
