package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.spi.Codec;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Small messages without attachments that came one behind the other, as the frames that they were,
 * in one array: so a message has no object of its own, and the thread that receives reads memory in
 * a row. The array stays until the last of them is taken, so it is not large.
 *
 * <p>Guarded as the inbox that it is in.
 */
final class Run extends Inbox.Entry {
  /** About what is copied at once; a longer message is one of its own. */
  private static final int MAX_BYTES = 4 * 1024;

  private static final int HEADER = Frames.HEADER_BYTES + 2; // and the count of attachments

  private static final Codec.Claims NO_CLAIMS = Run::rejected;

  private final byte[] frames;
  private int at; // where the first frame begins
  private int count;

  private Run(byte[] frames, int count) {
    this.frames = frames;
    this.count = count;
  }

  /**
   * Takes as many such messages as are complete there, if any. What is not one is left: it may be
   * anything, or wrong.
   *
   * @param maxMessageBytes of the codec's bytes of one; rule CH-2
   */
  static @Nullable Run cut(ByteBuffer in, int maxMessageBytes) {
    int begin = in.position();
    int limit = Math.min(in.remaining(), MAX_BYTES);
    int count = 0;
    int end = 0;
    while (limit - end >= HEADER
        && in.get(begin + end) == Frames.MESSAGE
        && in.getShort(begin + end + Frames.HEADER_BYTES) == 0) {
      int length = in.getInt(begin + end + 1);
      if (length < 2
          || length > limit - end - Frames.HEADER_BYTES
          || length - 2 > maxMessageBytes) {
        break;
      }
      end += Frames.HEADER_BYTES + length;
      count++;
    }
    if (count == 0) {
      return null;
    }
    byte[] frames = new byte[end];
    in.get(frames);
    return new Run(frames, count);
  }

  @Override
  int count() {
    return count;
  }

  /** Of all that are left. */
  int allBytes() {
    return frames.length - at;
  }

  @Override
  boolean isComplete() {
    return true;
  }

  @Override
  int size() {
    return HEADER + bytes();
  }

  @Override
  int credit() {
    return size(); // none had begun to arrive before
  }

  @Override
  byte[] array() {
    return frames;
  }

  @Override
  int offset() {
    return at + HEADER;
  }

  @Override
  int bytes() {
    return Frames.bodyLength(frames, at) - 2;
  }

  @Override
  Object decode(CoreSession session, Codec.Format format, byte[] array, int offset, int bytes)
      throws ChannelException {
    return format.decode(array, offset, bytes, NO_CLAIMS);
  }

  @Override
  Incoming alone() {
    int body = at + Frames.HEADER_BYTES;
    return Incoming.ofPlain(Arrays.copyOfRange(frames, body, at + size()));
  }

  @Override
  void advance() {
    at += size();
    count--;
  }

  private static Object rejected(int index, Class<?> as, @Nullable Type element)
      throws ChannelException {
    throw Incoming.rejected("ATT-5: index " + index + " of no attachments");
  }
}
