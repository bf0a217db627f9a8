package io.libchan;

import org.jspecify.annotations.Nullable;

/**
 * No session could be set up: unknown host, refused, handshake failed, certificate not trusted,
 * credentials rejected, time-out.
 *
 * <p>Thread-safe.
 */
public final class ConnectFailed extends ChannelException {
  private static final long serialVersionUID = 1L;

  /** An exception with this reason. */
  public ConnectFailed(Reason reason) {
    super(reason);
  }

  /** An exception with this reason and the exception behind it. */
  public ConnectFailed(Reason reason, @Nullable Throwable cause) {
    super(reason, cause);
  }
}
