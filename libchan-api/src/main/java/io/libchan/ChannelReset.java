package io.libchan;

import org.jspecify.annotations.Nullable;

/**
 * The peer, or this side, ended this one channel or byte stream before its clean end. The session
 * and all its other channels live on.
 *
 * <p>Thread-safe.
 */
public final class ChannelReset extends ChannelException {
  private static final long serialVersionUID = 1L;

  /** An exception with this reason. */
  public ChannelReset(Reason reason) {
    super(reason);
  }

  /** An exception with this reason and the exception behind it. */
  public ChannelReset(Reason reason, @Nullable Throwable cause) {
    super(reason, cause);
  }
}
