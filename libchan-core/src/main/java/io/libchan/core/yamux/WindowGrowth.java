package io.libchan.core.yamux;

import io.libchan.Limits;
import io.libchan.spi.Environment;

/**
 * What the windows of a connection's streams may grow by, each and together. Rules MUX-21 and
 * MUX-22.
 *
 * <p>Guarded by the carrier's lock.
 */
final class WindowGrowth {
  /** All windows together grow by one part in so many of the memory of the session. */
  private static final int SHARE = 4;

  private final Environment environment;
  private final int most;
  private long left;

  WindowGrowth(Limits limits, Environment environment) {
    this.environment = environment;
    most = limits.maxWindowBytes();
    left = limits.maxSessionBytes() / SHARE;
  }

  long now() {
    return environment.nanoTime();
  }

  /** Doubles a window as far as may be; by how much it grows. */
  int take(int window) {
    int more = (int) Math.min(Math.min(window, (long) most - window), left);
    if (more <= 0) {
      return 0;
    }
    left -= more;
    return more;
  }

  /** A window has shrunk, or its stream is over. */
  void giveBack(int bytes) {
    left += bytes;
  }
}
