package io.libchan;

import org.jspecify.annotations.Nullable;

/**
 * The peer sent something that the specification forbids. The message starts with the number of the
 * broken rule.
 *
 * <p>Thread-safe.
 */
public final class ProtocolViolation extends ChannelException {
  private static final long serialVersionUID = 1L;

  /** An exception with this reason. */
  public ProtocolViolation(Reason reason) {
    super(reason);
  }

  /** An exception with this reason and the exception behind it. */
  public ProtocolViolation(Reason reason, @Nullable Throwable cause) {
    super(reason, cause);
  }
}
