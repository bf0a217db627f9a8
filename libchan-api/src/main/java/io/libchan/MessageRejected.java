package io.libchan;

import org.jspecify.annotations.Nullable;

/**
 * One message could not be delivered to, or made from, the type asked for; or an attachment it
 * names never arrived. Only this call fails: the channel goes on with the next message, and the
 * attachments of the rejected message are released.
 *
 * <p>Thread-safe.
 */
public final class MessageRejected extends ChannelException {
  private static final long serialVersionUID = 1L;

  /** An exception with this reason. */
  public MessageRejected(Reason reason) {
    super(reason);
  }

  /** An exception with this reason and the exception behind it. */
  public MessageRejected(Reason reason, @Nullable Throwable cause) {
    super(reason, cause);
  }
}
