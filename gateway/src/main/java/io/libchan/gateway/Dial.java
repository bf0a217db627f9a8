package io.libchan.gateway;

import io.libchan.ByteStream;
import java.util.Objects;

/**
 * Asks for one connection. Rule GW-1.
 *
 * <p>Thread-safe: immutable.
 *
 * @param target where to
 * @param bytes what is to be joined with the socket
 */
record Dial(String target, ByteStream bytes) {
  /** The channel of dials. */
  static final String CHANNEL = "gateway";

  Dial {
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(bytes, "bytes");
  }
}
