package io.libchan.core;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream's bytes into frames, however they are split. Memory grows with what has arrived,
 * not with what a length declares. Rule FRM-2.
 *
 * <p>Not thread-safe.
 */
final class FrameReader {
  private static final int FIRST_BYTES = 4 * 1024;

  /** Takes frames. Each method may throw to stop the stream. */
  interface Sink {
    /** The longest body of this kind; less than zero for a kind that must not come. */
    int limit(int kind) throws Failure;

    /** A whole frame; the array is the sink's. */
    void frame(int kind, byte[] body) throws Failure;
  }

  private final byte[] header = new byte[Frames.HEADER_BYTES];
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
      int count = Math.min(Frames.HEADER_BYTES - headerCount, in.remaining());
      in.get(header, headerCount, count);
      headerCount += count;
      if (headerCount < Frames.HEADER_BYTES) {
        return false;
      }
      ByteBuffer whole = ByteBuffer.wrap(header);
      kind = whole.get() & 0xff;
      length = whole.getInt();
    }
    int limit = sink.limit(kind);
    if (limit < 0) {
      throw Failure.protocol("FRM-1", "frame of kind " + kind);
    }
    if (length < 0 || length > limit) {
      throw Failure.tooLong(kind, length, limit);
    }
    body = new byte[Math.min(length, Math.max(in.remaining(), FIRST_BYTES))];
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
        into = Arrays.copyOf(into, Math.min(length, 2 * into.length));
        body = into;
      }
      int count = Math.min(into.length - bodyCount, in.remaining());
      in.get(into, bodyCount, count);
      bodyCount += count;
    }
    return true;
  }
}
