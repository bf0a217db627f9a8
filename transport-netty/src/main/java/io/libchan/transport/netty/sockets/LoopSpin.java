package io.libchan.transport.netty.sockets;

import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets an event loop look for more for a moment before it waits in the system: what comes in that
 * time, a reply or something to write, needs nobody to wake the loop, which is most of the time of
 * a small message.
 *
 * <p>Only after a lone message: where they come in a row, looking for the next at once makes
 * batches smaller, and takes the processor from those who make them. And it pays only where
 * something does come soon: each time that nothing came in time as many are left out as before and
 * as many again, so that a loop that is idle, or a machine that has other things to do, sees next
 * to none of it. Between two looks the processor is for whoever else wants it.
 *
 * <p>Only the event loop's.
 */
public final class LoopSpin implements SelectStrategy {
  private static final ThreadLocal<@Nullable LoopSpin> HERE = new ThreadLocal<>();

  private static final long NANOS = 50_000;

  /** What comes sooner after another is one of many. */
  private static final long APART_NANOS = 8_000;

  /** So much or more is no lone message. */
  private static final int SMALL_BYTES = 512;

  private static final int MAX_LEFT_OUT = 255;
  private static final boolean PAYS = Runtime.getRuntime().availableProcessors() > 1;

  private @Nullable Thread thread;
  private boolean looking;
  private long start; // of looking
  private long last; // when something was read
  private int leftOut; // after the last time, and how many of those are still to come
  private int toCome;

  LoopSpin() {
    last = System.nanoTime() - APART_NANOS;
  }

  /** The one of the event loop that calls; null on loops that have none. */
  public static @Nullable LoopSpin here() {
    return HERE.get();
  }

  /** So many bytes were read from a socket, and nothing more is there. */
  public void read(int bytes) {
    long now = System.nanoTime();
    boolean lone = bytes < SMALL_BYTES && now - last >= APART_NANOS;
    last = now;
    if (!lone || !PAYS) {
      return;
    }
    if (toCome > 0) {
      toCome--;
    } else {
      looking = true;
      start = now;
    }
  }

  @Override
  public int calculateStrategy(IntSupplier now, boolean hasTasks) throws Exception {
    if (thread != Thread.currentThread()) {
      thread = Thread.currentThread();
      HERE.set(this);
    }
    if (hasTasks) {
      return now.get();
    }
    return looking ? look(now) : SELECT;
  }

  @SuppressWarnings("ThreadPriorityCheck") // how it yields matters to nobody's correctness
  private int look(IntSupplier now) throws Exception {
    int ready = now.get();
    if (ready > 0) {
      looking = false;
      leftOut = 0;
      return ready;
    }
    // Also where something came while others had the processor: waiting had been better then.
    if (System.nanoTime() - start > NANOS) {
      looking = false;
      leftOut = Math.min(MAX_LEFT_OUT, 2 * leftOut + 1);
      toCome = leftOut;
      return SELECT;
    }
    Thread.yield();
    return CONTINUE; // to what was handed to the loop meanwhile
  }
}
