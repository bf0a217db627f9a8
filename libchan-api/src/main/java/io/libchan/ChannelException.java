package io.libchan;

import java.io.IOException;

/**
 * What every operation of this library throws when the network, the peer or a limit ends it. The
 * family is sealed, so a caller can enumerate it.
 *
 * <p>The clean end of a channel is never an exception, and a lost connection is never a clean end.
 * A new exception is made for each call that fails; all of them carry the same {@link Reason}.
 *
 * <p>Thread-safe.
 */
public abstract sealed class ChannelException extends IOException
    permits ChannelReset,
        SessionLost,
        ProtocolViolation,
        LimitExceeded,
        MessageRejected,
        ConnectFailed {
  private static final long serialVersionUID = 1L;

  private final transient Reason reason;

  ChannelException(Reason reason) {
    this(reason, null);
  }

  ChannelException(Reason reason, @org.jspecify.annotations.Nullable Throwable cause) {
    super(reason.toString(), cause);
    this.reason = reason;
  }

  /** Why; the same for every waiter that this event ended. */
  public final Reason reason() {
    return reason;
  }

  /**
   * A new exception for what ended a channel: the member of the family that fits the reason's code.
   * What was lost behind a relay is a {@link ChannelReset}: this session lives. It is never {@link
   * MessageRejected}, which ends nothing.
   *
   * @param reason why; not the clean end
   * @throws IllegalArgumentException if {@code reason} is the clean end
   */
  public static ChannelException of(Reason reason) {
    return switch (reason.code()) {
      case END -> throw new IllegalArgumentException("the clean end is not an error");
      case SESSION_CLOSED, CONNECTION_LOST, KEEPALIVE_TIMEOUT ->
          reason.hops().isEmpty() ? new SessionLost(reason) : new ChannelReset(reason);
      case PROTOCOL_ERROR -> new ProtocolViolation(reason);
      case LIMIT -> new LimitExceeded(reason);
      case CONNECT_FAILED -> new ConnectFailed(reason);
      default -> new ChannelReset(reason);
    };
  }
}
