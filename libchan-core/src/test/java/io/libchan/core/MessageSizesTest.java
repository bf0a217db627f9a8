package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.Lab.Parcel;
import io.libchan.testkit.Rule;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Small messages share arrays and large ones have their own; both come out as they went in. */
final class MessageSizesTest {
  private static final int[] SIZES = {
    0, 1, 100, 300, 8_000, 8_185, 8_192, 12_000, 16_384, 20_000, 65_536, 200_000, 3, 600_000, 5
  };

  private static String text(int number) {
    char[] text = new char[SIZES[number]];
    Arrays.fill(text, (char) ('a' + number));
    return new String(text);
  }

  @Test
  void messagesOfAllSizesKeepTheirOrderAndContent() throws Exception {
    Lab lab = new Lab().greeted();
    Sender<Parcel> sender = lab.connecting.tryOpen("", Parcel.class, 64);
    lab.run();
    Receiver<Parcel> receiver = lab.listening.tryAccept("", Parcel.class);
    for (int round = 0; round < 3; round++) {
      lab.left.held = true; // all of them wait in the outbox
      for (int i = 0; i < SIZES.length; i++) {
        assertThat(sender.trySend(Parcel.of(text(i)))).isTrue();
      }
      lab.left.held = false;
      for (int i = 0; i < SIZES.length; i++) {
        Parcel next = receiver.poll();
        while (next == null) {
          lab.run();
          next = receiver.poll();
        }
        assertThat(next.text()).isEqualTo(text(i));
      }
    }
    lab.run();
    assertThat(lab.listening.memory().bytes()).isZero();
  }

  @Test
  @Rule("FRM-4")
  void aFrameIsTheSameHoweverItIsCut() throws Exception {
    Random random = new Random(1);
    for (int size : SIZES) {
      byte[] body = new byte[size];
      random.nextBytes(body);
      ByteBuffer wire = ByteBuffer.allocate(2 * (5 + size));
      for (int i = 0; i < 2; i++) {
        wire.put((byte) Frames.MESSAGE).putInt(size).put(body);
      }
      wire.flip();
      List<byte[]> read = new ArrayList<>();
      FrameReader begun = null;
      while (wire.hasRemaining()) {
        int count = Math.min(wire.remaining(), 1 + random.nextInt(1 + size / 3));
        begun = FrameReader.read(begun, wire.slice(wire.position(), count), sink(read));
        wire.position(wire.position() + count);
      }
      assertThat(read).containsExactly(body, body);
      assertThat(begun).isNull();
    }
  }

  private static FrameReader.Sink sink(List<byte[]> read) {
    return new FrameReader.Sink() {
      @Override
      public int limit(int kind) {
        return 1 << 20;
      }

      @Override
      public void frame(int kind, byte[] body) {
        read.add(body);
      }
    };
  }
}
