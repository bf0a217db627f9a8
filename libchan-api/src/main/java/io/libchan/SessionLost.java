package io.libchan;

import org.jspecify.annotations.Nullable;

/**
 * The session is gone: its connection broke, the peer fell silent, or one side closed it. Every end
 * of the session fails with this. Whether a message whose {@code send} had returned was received is
 * unknown, unless a {@code flush} after it had returned too.
 *
 * <p>Thread-safe.
 */
public final class SessionLost extends ChannelException {
  private static final long serialVersionUID = 1L;

  /** An exception with this reason. */
  public SessionLost(Reason reason) {
    super(reason);
  }

  /** An exception with this reason and the exception behind it. */
  public SessionLost(Reason reason, @Nullable Throwable cause) {
    super(reason, cause);
  }
}
