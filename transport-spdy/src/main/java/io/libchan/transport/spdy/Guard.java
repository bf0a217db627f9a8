package io.libchan.transport.spdy;

import io.libchan.Limits;
import io.libchan.Reason;
import org.jspecify.annotations.Nullable;

/** Counts frames that cost something and bring nothing. Rule SPDY-4. Used on the event loop. */
final class Guard {
  private static final long PING_PERIOD_NANOS = 10_000_000_000L;

  private final Limits limits;
  private int idleFrames;
  private int pings;
  private long pingsSince;

  Guard(Limits limits) {
    this.limits = limits;
  }

  /** Data came. */
  void moved() {
    idleFrames = 0;
    pings = 0;
  }

  /** A frame that moves nothing forward; the reason if there are too many in a row. */
  @Nullable Reason idle() {
    return ++idleFrames > limits.maxIdleFrames()
        ? Reason.limit("idle-frames", idleFrames + " frames in a row moved nothing forward")
        : null;
  }

  @Nullable Reason ping() {
    long now = System.nanoTime();
    if (pings == 0 || now - pingsSince > PING_PERIOD_NANOS) {
      pings = 0;
      pingsSince = now;
    }
    return ++pings > limits.maxPings()
        ? Reason.limit("pings", pings + " pings within 10 s without data")
        : null;
  }
}
