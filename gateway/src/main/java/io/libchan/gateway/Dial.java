package io.libchan.gateway;

import io.libchan.ByteStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Asks for one connection. Rule GW-1.
 *
 * <p>Thread-safe: immutable.
 *
 * @param target where to
 * @param bytes what is to be joined with the socket
 * @param socket whether the socket itself would be welcome in its place; null for no. Rule GW-9
 */
record Dial(String target, ByteStream bytes, @Nullable Boolean socket) {
  /** The channel of dials. */
  static final String CHANNEL = "gateway";

  Dial {
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(bytes, "bytes");
  }
}
