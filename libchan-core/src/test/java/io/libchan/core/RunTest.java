package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.MessageRejected;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Small messages in one array: which of them are taken, and what each is. */
final class RunTest {
  private static final int MOST = 1000;

  private final ByteArrayOutputStream frames = new ByteArrayOutputStream();

  /** Decodes to a copy of the range. */
  private static final class Copies implements Codec.Format {
    @Override
    public void encode(Object message, Codec.Attachments attachments, EncodeBuffer out) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Object decode(byte[] bytes, int offset, int length, Codec.Claims claims) {
      return Arrays.copyOfRange(bytes, offset, offset + length);
    }
  }

  private static byte[] body(int number, int length) {
    byte[] body = new byte[length];
    Arrays.fill(body, (byte) number);
    return body;
  }

  private static byte[] frame(int kind, int attachments, byte[] body) {
    return ByteBuffer.allocate(Frames.HEADER_BYTES + 2 + body.length)
        .put((byte) kind)
        .putInt(2 + body.length)
        .putShort((short) attachments)
        .put(body)
        .array();
  }

  private void message(int number, int length) {
    frames.writeBytes(frame(Frames.MESSAGE, 0, body(number, length)));
  }

  private ByteBuffer bytes() {
    ByteBuffer direct = ByteBuffer.allocateDirect(frames.size() + 3).position(3);
    return direct.put(frames.toByteArray()).position(3);
  }

  /** Removes all as an inbox does. */
  private static List<byte[]> decodeAll(Run run) throws Exception {
    List<byte[]> all = new ArrayList<>();
    Inbox inbox = new Inbox();
    inbox.add(run);
    for (Inbox.Entry first = inbox.first(); first != null; first = inbox.first()) {
      byte[] array = first.array();
      int offset = first.offset();
      int bytes = first.bytes();
      assertThat(first.size()).isEqualTo(Frames.HEADER_BYTES + 2 + bytes);
      inbox.removeFirst();
      all.add((byte[]) first.decode(null, new Copies(), array, offset, bytes));
    }
    assertThat(inbox.size()).isZero();
    return all;
  }

  @Test
  void takesWhatIsThereInOrder() throws Exception {
    for (int i = 0; i < 20; i++) {
      message(i, i * 7 % 50);
    }
    ByteBuffer in = bytes();
    Run run = Run.cut(in, MOST);
    assertThat(in.hasRemaining()).isFalse();
    assertThat(run.count()).isEqualTo(20);
    assertThat(run.allBytes()).isEqualTo(frames.size());
    List<byte[]> all = decodeAll(run);
    for (int i = 0; i < 20; i++) {
      assertThat(all.get(i)).isEqualTo(body(i, i * 7 % 50));
    }
  }

  /** Each is left for those who know what it is, or what is wrong with it. */
  @Test
  void stopsAtWhatIsNoSmallPlainMessage() {
    byte[] tooShort = ByteBuffer.allocate(12).put((byte) Frames.MESSAGE).putInt(1).array();
    byte[] negative = ByteBuffer.allocate(12).put((byte) Frames.MESSAGE).putInt(-1).array();
    byte[] whole = frame(Frames.MESSAGE, 0, body(3, 30));
    byte[][] others = {
      frame(Frames.CLOSE, 0, body(1, 10)),
      frame(Frames.MESSAGE, 1, body(1, 10)),
      frame(Frames.MESSAGE, 256, body(1, 10)),
      frame(Frames.MESSAGE, 0, body(1, MOST + 1)),
      tooShort,
      negative,
      Arrays.copyOf(whole, whole.length - 1),
      Arrays.copyOf(whole, Frames.HEADER_BYTES + 1),
      Arrays.copyOf(whole, 1),
    };
    for (byte[] other : others) {
      frames.reset();
      message(1, 10);
      message(2, MOST);
      int end = frames.size();
      frames.writeBytes(other);
      ByteBuffer in = bytes();
      Run run = Run.cut(in, MOST);
      assertThat(run.count()).isEqualTo(2);
      assertThat(in.position()).isEqualTo(3 + end);
      assertThat(Run.cut(in, MOST)).isNull();
      assertThat(in.position()).isEqualTo(3 + end);
    }
  }

  /** A message that nobody takes holds the array of those before it, so that is not large. */
  @Test
  void noArrayIsLargerThanFourKiB() {
    for (int i = 0; i < 1000; i++) {
      message(i, 100);
    }
    ByteBuffer in = bytes();
    int count = 0;
    for (Run run = Run.cut(in, MOST); run != null; run = Run.cut(in, MOST)) {
      assertThat(run.allBytes()).isLessThanOrEqualTo(4096);
      count += run.count();
    }
    assertThat(count).isEqualTo(1000);
    frames.reset();
    message(1, 5000);
    assertThat(Run.cut(bytes(), 10_000)).isNull();
  }

  @Test
  void anInboxHasThemAsMessagesOfTheirOwn() {
    Inbox inbox = new Inbox();
    message(1, 3);
    message(2, 4);
    message(3, 5);
    inbox.add(Run.cut(bytes(), MOST));
    inbox.add(Incoming.ofPlain(new byte[] {0, 0, 4}));
    assertThat(inbox.size()).isEqualTo(4);
    inbox.removeFirst();
    assertThat(inbox.size()).isEqualTo(3);
    List<Incoming> all = inbox.takeAll();
    assertThat(all).extracting(Incoming::bytes).containsExactly(4, 5, 1);
    assertThat(all.get(1).array()).isEqualTo(new byte[] {0, 0, 3, 3, 3, 3, 3});
    assertThat(inbox.isEmpty()).isTrue();
    assertThat(inbox.size()).isZero();
  }

  /** Rule ATT-5. */
  @Test
  void aMessageThatNamesAnEndWithoutATableIsRejected() {
    message(1, 3);
    Run run = Run.cut(bytes(), MOST);
    Codec.Format takes =
        new Codec.Format() {
          @Override
          public void encode(Object message, Codec.Attachments attachments, EncodeBuffer out) {
            throw new UnsupportedOperationException();
          }

          @Override
          public Object decode(byte[] bytes, int offset, int length, Codec.Claims claims)
              throws io.libchan.ChannelException {
            return claims.take(0, Object.class, null);
          }
        };
    assertThatThrownBy(() -> run.decode(null, takes, run.array(), run.offset(), run.bytes()))
        .isInstanceOf(MessageRejected.class)
        .hasMessageContaining("ATT-5");
  }
}
