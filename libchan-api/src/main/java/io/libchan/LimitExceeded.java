package io.libchan;

import org.jspecify.annotations.Nullable;

/**
 * A limit of {@link Limits} was hit, here or at the peer.
 *
 * <p>Thread-safe.
 */
public final class LimitExceeded extends ChannelException {
  private static final long serialVersionUID = 1L;

  /** An exception with this reason. */
  public LimitExceeded(Reason reason) {
    super(reason);
  }

  /** An exception with this reason and the exception behind it. */
  public LimitExceeded(Reason reason, @Nullable Throwable cause) {
    super(reason, cause);
  }

  /** The name of the limit, such as {@code session-memory}; empty if the peer named none. */
  public String limit() {
    String text = reason().message();
    int colon = text.indexOf(':');
    return colon < 0 ? "" : text.substring(0, colon);
  }
}
