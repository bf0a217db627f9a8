package io.libchan;

import java.time.Duration;

/**
 * How a session behaves on a transport that carries each stream in a body of its own, such as an
 * HTTP/2 request; given by {@link Options.Builder#with}. On other transports it is of no use.
 *
 * <p>Thread-safe: immutable.
 *
 * @param heartbeat after how much silence on a body a sign of life is sent; this side promises it
 *     to the peer, which takes a body that was silent for three times as long as lost. Proxies end
 *     a request on which nothing moves, HAProxy after 50 s, nginx after 60 s: their time-outs
 *     should be at least three heartbeats. From 1 ms to 1 hour
 * @param grace how long the session goes on without a body for its control stream, before it is
 *     lost; what a proxy's restart may take
 * @param minParked how many idle bodies the connecting side keeps for streams that the listening
 *     side opens, when there is little to do; at least 1
 * @param maxParked "parked-bodies": how many idle bodies there may be when there is much; the
 *     listening side ends those above it; against a peer that parks without end
 * @param maxBodies "bodies": bodies that a session may have open at once on the listening side, of
 *     all sorts; a session above it ends; against a peer that opens requests without end
 */
public record BodyOptions(
    Duration heartbeat, Duration grace, int minParked, int maxParked, int maxBodies) {
  private static final Duration LONGEST_HEARTBEAT = Duration.ofHours(1);

  /** A heartbeat of 20 s, a grace time of 10 s, 4 to 64 idle bodies, 2,048 bodies. */
  public static final BodyOptions DEFAULTS =
      new BodyOptions(Duration.ofSeconds(20), Duration.ofSeconds(10), 4, 64, 2048);

  /** Checks the bounds. */
  public BodyOptions {
    if (heartbeat.compareTo(Duration.ofMillis(1)) < 0
        || heartbeat.compareTo(LONGEST_HEARTBEAT) > 0) {
      throw new IllegalArgumentException("heartbeat must be 1 ms to 1 h, not " + heartbeat);
    }
    if (grace.isZero() || grace.isNegative()) {
      throw new IllegalArgumentException("grace must be positive: " + grace);
    }
    if (minParked < 1 || maxParked < minParked || maxBodies < maxParked + 2) {
      throw new IllegalArgumentException(
          "parked " + minParked + " to " + maxParked + " of " + maxBodies + " bodies");
    }
  }

  /** These options with another heartbeat; the default is 20 s. */
  public BodyOptions withHeartbeat(Duration value) {
    return new BodyOptions(value, grace, minParked, maxParked, maxBodies);
  }

  /** These options with another grace time; the default is 10 s. */
  public BodyOptions withGrace(Duration value) {
    return new BodyOptions(heartbeat, value, minParked, maxParked, maxBodies);
  }

  /** These options with other numbers of idle bodies; the defaults are 4 and 64. */
  public BodyOptions withParked(int least, int most) {
    return new BodyOptions(heartbeat, grace, least, most, maxBodies);
  }

  /** These options with another "bodies"; the default is 2,048. */
  public BodyOptions withMaxBodies(int value) {
    return new BodyOptions(heartbeat, grace, minParked, maxParked, value);
  }
}
