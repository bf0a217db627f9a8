package io.libchan.transport.unix;

import java.io.IOException;
import java.io.InputStream;

/**
 * Looks for more bytes for a moment before a thread waits for them in the system: what comes in
 * that time needs nobody to wake the thread, which is most of the time of a small message.
 *
 * <p>Only after a lone message: where they come in a row, looking for the next at once makes
 * batches smaller, and takes the processor from those who make them.
 *
 * <p>It pays only where bytes do come soon. Each time that none came in time as many are left out
 * as before and as many again, so that a connection that is slow or idle, or a machine that has
 * other things to do, sees next to none of it. Between two looks the processor is for whoever else
 * wants it.
 *
 * <p>Only the reader's.
 */
final class Spin {
  private static final long NANOS = 50_000;

  /** What comes sooner after another is one of many. */
  private static final long APART_NANOS = 8_000;

  private static final int MAX_LEFT_OUT = 255;
  private static final boolean PAYS = Runtime.getRuntime().availableProcessors() > 1;

  private int leftOut; // after the last time, and how many of those are still to come
  private int toCome;
  private long last = System.nanoTime() - APART_NANOS;

  /**
   * Something was read. Returns when there are bytes, or the moment is over.
   *
   * @param small whether it may have been a lone message
   */
  @SuppressWarnings("ThreadPriorityCheck") // how it yields matters to nobody's correctness
  void await(InputStream in, boolean small) throws IOException {
    long start = System.nanoTime();
    boolean lone = small && start - last >= APART_NANOS;
    last = start;
    if (!lone || !PAYS) {
      return;
    }
    if (toCome > 0) {
      toCome--;
      return;
    }
    while (in.available() == 0) {
      Thread.yield();
      // Also where the bytes came while others had the processor: waiting had been better then.
      if (System.nanoTime() - start > NANOS) {
        leftOut = Math.min(MAX_LEFT_OUT, 2 * leftOut + 1);
        toCome = leftOut;
        return;
      }
    }
    leftOut = 0;
  }
}
