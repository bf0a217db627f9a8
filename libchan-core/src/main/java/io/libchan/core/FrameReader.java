package io.libchan.core;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream's bytes into frames, however they are split. Memory grows with what has arrived,
 * not with what a length declares: at most four times as much is held. Rule FRM-2.
 *
 * <p>Not thread-safe.
 */
final class FrameReader {
  private static final int FIRST_BYTES = 4 * 1024;
  private static final long GROWTH = 4; // less would copy a long frame more often

  /** Takes frames. Each method may throw to stop the stream. */
  interface Sink {
    /** The longest body of this kind; less than zero for a kind that must not come. */
    int limit(int kind) throws Failure;

    /** A whole frame; the array is the sink's. */
    void frame(int kind, byte[] body) throws Failure;
  }

  private long header; // the bytes that came of it
  private int headerCount;
  private int kind;
  private int length;
  private byte @Nullable [] body;
  private int bodyCount;

  /** Whether a frame has begun and is not complete. */
  boolean isInside() {
    return headerCount > 0;
  }

  /** Forgets an incomplete frame: nothing is read any more. */
  void drop() {
    body = null;
  }

  void read(ByteBuffer in, Sink sink) throws Failure {
    while (in.hasRemaining()) {
      if (headerCount < Frames.HEADER_BYTES && !readHeader(in, sink)) {
        return;
      }
      if (!readBody(in)) {
        return;
      }
      byte[] whole = body;
      body = null;
      headerCount = 0;
      sink.frame(kind, whole == null ? new byte[0] : whole);
    }
  }

  private boolean readHeader(ByteBuffer in, Sink sink) throws Failure {
    if (headerCount == 0 && in.remaining() >= Frames.HEADER_BYTES) {
      kind = in.get() & 0xff;
      length = in.getInt();
      headerCount = Frames.HEADER_BYTES;
    } else {
      while (headerCount < Frames.HEADER_BYTES) {
        if (!in.hasRemaining()) {
          return false;
        }
        header = header << 8 | (in.get() & 0xff);
        headerCount++;
      }
      kind = (int) (header >>> 32) & 0xff;
      length = (int) header;
    }
    int limit = sink.limit(kind);
    if (limit < 0) {
      throw Failure.protocol("FRM-1", "frame of kind " + kind);
    }
    if (length < 0 || length > limit) {
      throw Failure.tooLong(kind, length, limit);
    }
    body = new byte[(int) Math.min(length, Math.max(GROWTH * in.remaining(), FIRST_BYTES))];
    bodyCount = 0;
    return true;
  }

  private boolean readBody(ByteBuffer in) {
    byte[] into = body;
    while (into != null && bodyCount < length) {
      if (!in.hasRemaining()) {
        return false;
      }
      if (bodyCount == into.length) {
        into = Arrays.copyOf(into, (int) Math.min(length, GROWTH * into.length));
        body = into;
      }
      int count = Math.min(into.length - bodyCount, in.remaining());
      in.get(into, bodyCount, count);
      bodyCount += count;
    }
    return true;
  }
}
