package io.libchan.core;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream's bytes into frames, however they are split. An instance is a frame that has begun
 * and is not complete; between frames, and so for an idle stream, there is none. Memory grows with
 * what has arrived, not with what a length declares: at most four times as much is held. Rule
 * FRM-2.
 *
 * <p>Not thread-safe.
 */
final class FrameReader {
  private static final int FIRST_BYTES = 4 * 1024;
  private static final long GROWTH = 4; // less would copy a long frame more often
  private static final byte[] NO_BYTES = {};

  /** Takes frames. Each method may throw to stop the stream. */
  interface Sink {
    /** The longest body of this kind; less than zero for a kind that must not come. */
    int limit(int kind) throws Failure;

    /** A whole frame; the array is the sink's. */
    void frame(int kind, byte[] body) throws Failure;

    /** Takes whole frames from here on itself, if it does; whether it took any. */
    default boolean run(ByteBuffer in) {
      return false;
    }
  }

  private int headerCount;
  private int kind;
  private int length; // of its bytes as many as have come
  private byte[] body = NO_BYTES;
  private int bodyCount;

  private FrameReader() {}

  /**
   * Gives the sink what is complete. After a failure nothing more is to be read.
   *
   * @param begun what the last call returned; null at first
   * @return the frame that is not complete; null if none is
   */
  static @Nullable FrameReader read(@Nullable FrameReader begun, ByteBuffer in, Sink sink)
      throws Failure {
    FrameReader frame = begun;
    while (in.hasRemaining()) {
      if (frame == null && in.remaining() >= Frames.HEADER_BYTES) {
        if (sink.run(in)) {
          continue;
        }
        int kind = in.get() & 0xff;
        int length = in.getInt();
        check(kind, length, sink);
        if (length <= in.remaining()) {
          byte[] body = new byte[length];
          in.get(body);
          sink.frame(kind, body);
          continue;
        }
        frame = new FrameReader();
        frame.begin(kind, length, in);
      } else {
        frame = frame == null ? new FrameReader() : frame;
      }
      if (!frame.readHeader(in, sink) || !frame.readBody(in)) {
        return frame;
      }
      int kind = frame.kind;
      byte[] body = frame.body;
      frame = null;
      sink.frame(kind, body);
    }
    return frame;
  }

  private static void check(int kind, int length, Sink sink) throws Failure {
    int limit = sink.limit(kind);
    if (limit < 0) {
      throw Failure.protocol("FRM-1", "frame of kind " + kind);
    }
    if (length < 0 || length > limit) {
      throw Failure.tooLong(kind, length, limit);
    }
  }

  private void begin(int newKind, int newLength, ByteBuffer in) {
    headerCount = Frames.HEADER_BYTES;
    kind = newKind;
    length = newLength;
    body = new byte[(int) Math.min(length, Math.max(GROWTH * in.remaining(), FIRST_BYTES))];
  }

  /** Reads byte by byte a header that comes in parts; whether it is complete. */
  private boolean readHeader(ByteBuffer in, Sink sink) throws Failure {
    while (headerCount < Frames.HEADER_BYTES) {
      if (!in.hasRemaining()) {
        return false;
      }
      int next = in.get() & 0xff;
      if (headerCount == 0) {
        kind = next;
      } else {
        length = length << 8 | next;
      }
      headerCount++;
      if (headerCount == Frames.HEADER_BYTES) {
        check(kind, length, sink);
        begin(kind, length, in);
      }
    }
    return true;
  }

  /** Whether all is there. */
  private boolean readBody(ByteBuffer in) {
    while (bodyCount < length) {
      if (!in.hasRemaining()) {
        return false;
      }
      if (bodyCount == body.length) {
        body = Arrays.copyOf(body, (int) Math.min(length, GROWTH * body.length));
      }
      int count = Math.min(body.length - bodyCount, in.remaining());
      in.get(body, bodyCount, count);
      bodyCount += count;
    }
    return true;
  }
}
