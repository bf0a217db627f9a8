package io.libchan.core.yamux;

import java.util.concurrent.TimeUnit;

/**
 * How quickly the application takes what arrives on one stream, looked at whenever credit is
 * granted. While it waits for the peer rather than the peer for it, a larger window lets more be
 * under way: on a long way one window leaves in each round trip. And where half a window is taken
 * in no time, a larger one delays nobody, and fewer grants wake fewer threads. Rule MUX-21.
 *
 * <p>Guarded by the carrier's lock.
 */
final class Pace {
  /** Half a window in less time is worth a larger one. */
  private static final long QUICK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** Half a window in less time delays nothing behind it that anybody could feel. */
  private static final long BRISK_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  private int window = Wire.INITIAL_WINDOW;
  private long granted;
  private boolean waited; // since then the application had taken nearly all that came
  private boolean kept; // and so it was before

  Pace(long now) {
    granted = now;
  }

  /** What the peer may have under way, with what is unread. */
  int window() {
    return window;
  }

  /** The window beyond that of a new stream. */
  int grown() {
    return window - Wire.INITIAL_WINDOW;
  }

  /**
   * DATA arrives.
   *
   * @param usable what the peer could send before, with what was taken since the last grant
   */
  void data(int usable) {
    waited |= window - usable <= window / 4;
  }

  /** Half a window or more is about to be granted; what to grant beyond that, or less than it. */
  int change(WindowGrowth growth) {
    long now = growth.now();
    boolean quick = now - granted <= QUICK_NANOS;
    boolean keepsUp = now - granted <= BRISK_NANOS || (quick && waited);
    boolean grows = keepsUp && kept;
    granted = now;
    waited = false;
    kept = keepsUp && !grows;
    int change = grows ? growth.take(window) : quick ? 0 : -shrink(growth);
    window += change;
    return change;
  }

  private int shrink(WindowGrowth growth) {
    int less = Math.min(window / 2, grown());
    growth.giveBack(less);
    return less;
  }
}
