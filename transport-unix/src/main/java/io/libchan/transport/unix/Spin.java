package io.libchan.transport.unix;

import java.io.IOException;
import java.io.InputStream;

/**
 * Looks for more bytes for a moment before a thread waits for them in the system: what comes in
 * that time needs nobody to wake the thread, which is most of the time of a small message.
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
  private static final int MAX_LEFT_OUT = 255;
  private static final boolean PAYS = Runtime.getRuntime().availableProcessors() > 1;

  private int leftOut; // after the last time, and how many of those are still to come
  private int toCome;

  /** Returns when there are bytes, or the moment is over. */
  @SuppressWarnings("ThreadPriorityCheck") // how it yields matters to nobody's correctness
  void await(InputStream in) throws IOException {
    if (!PAYS) {
      return;
    }
    if (toCome > 0) {
      toCome--;
      return;
    }
    long start = System.nanoTime();
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
