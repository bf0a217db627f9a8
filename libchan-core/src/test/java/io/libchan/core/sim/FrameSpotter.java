package io.libchan.core.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Finds the frames of a channel's direction in its bytes. Not thread-safe. */
final class FrameSpotter {
  static final int MESSAGE = 16;
  static final int CLOSE = 17;
  static final int ECHO = 20;
  static final int WITHDRAWN = 34;
  static final int RETURNED = 19;

  private static final int HEADER_BYTES = 5;
  private static final int BODY_BYTES = 4; // that are looked at

  private final byte[] head = new byte[HEADER_BYTES + BODY_BYTES];
  private int known;
  private int left; // of the body, behind what is known

  /**
   * A frame, as soon as its beginning is there.
   *
   * @param kind section 5 of the specification
   * @param number the first four bytes of its body, or fewer if there are fewer
   */
  record Seen(int kind, int number) {
    boolean isReturn() {
      return kind == CLOSE && number == RETURNED;
    }

    /** Of a message. */
    int attachments() {
      return number >>> 16;
    }
  }

  List<Seen> read(ByteBuffer in) {
    List<Seen> seen = List.of();
    while (in.hasRemaining()) {
      if (left > 0) {
        int part = Math.min(left, in.remaining());
        in.position(in.position() + part);
        left -= part;
        continue;
      }
      head[known++] = in.get();
      int length = known < HEADER_BYTES ? Integer.MAX_VALUE : ByteBuffer.wrap(head).getInt(1);
      if (known == HEADER_BYTES + Math.min(length, BODY_BYTES)) {
        seen = seen.isEmpty() ? new ArrayList<>(1) : seen;
        seen.add(new Seen(head[0], length < BODY_BYTES ? 0 : ByteBuffer.wrap(head).getInt(5)));
        left = Math.max(0, length - BODY_BYTES);
        known = 0;
      }
    }
    return seen;
  }
}
