package io.libchan.core.yamux;

import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.spi.Environment;

/**
 * Counts frames that cost something and bring nothing. Rule MUX-16.
 *
 * <p>Not thread-safe.
 */
final class FloodGuard {
  private static final long PING_PERIOD_NANOS = 10_000_000_000L;

  private final Limits limits;
  private final Environment environment;
  private int idleFrames;
  private int pings;
  private long pingsSince;

  FloodGuard(Limits limits, Environment environment) {
    this.limits = limits;
    this.environment = environment;
  }

  /** A frame came; one that moves nothing forward may not come for ever. */
  void frame(boolean moved) throws Broken {
    if (moved) {
      idleFrames = 0;
    } else if (++idleFrames > limits.maxIdleFrames()) {
      throw new Broken(
          Reason.limit("idle-frames", idleFrames + " frames in a row moved nothing forward"));
    }
  }

  /** Data came: there may be pings again. */
  void data() {
    pings = 0;
  }

  void ping() throws Broken {
    long now = environment.nanoTime();
    if (pings == 0 || now - pingsSince > PING_PERIOD_NANOS) {
      pings = 0;
      pingsSince = now;
    }
    if (++pings > limits.maxPings()) {
      throw new Broken(Reason.limit("pings", pings + " pings within 10 s without data"));
    }
  }
}
