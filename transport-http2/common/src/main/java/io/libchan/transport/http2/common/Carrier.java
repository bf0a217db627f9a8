package io.libchan.transport.http2.common;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How the streams of a session ride on requests.
 *
 * <p>Thread-safe: immutable.
 */
public enum Carrier {
  /** Each stream is a request of its own, as proxies expect of HTTP. */
  STREAMS,
  /** All streams share one request: for proxies and CDNs that serve few requests at a time. */
  SINGLE;

  /** The name in URIs and headers: {@code streams} or {@code single}. */
  public String token() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The carrier of a name; null if there is none. */
  public static @Nullable Carrier of(CharSequence token) {
    for (Carrier carrier : values()) {
      if (carrier.token().contentEquals(token)) {
        return carrier;
      }
    }
    return null;
  }
}
