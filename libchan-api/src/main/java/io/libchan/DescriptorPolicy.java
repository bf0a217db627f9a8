package io.libchan;

/**
 * Whether a session passes open descriptors of the operating system for attachments that have one:
 * files, pipes and sockets. Only transports between processes of one machine can; see {@link
 * Session#passesDescriptors()}. Rule FD-4.
 *
 * <p>It holds for both directions: what this side sends, and what it lets the peer send. Bytes are
 * carried over a stream of the session wherever no descriptor is passed, and user code is the same.
 *
 * <p>Thread-safe.
 */
public enum DescriptorPolicy {
  /**
   * Where both sides can, a descriptor; else a stream. The default with a peer of one's own user.
   */
  PREFER,

  /**
   * A descriptor or nothing: a message with bytes to attach that have no descriptor here, or that
   * the peer would not take as one, is refused with {@link MessageRejected} and {@link
   * ReasonCode#UNSUPPORTED} before anything is sent; the sender keeps its attachments. Messages
   * that are only passed on are not refused.
   */
  REQUIRE,

  /** Always a stream. The default with every other peer: a descriptor is a right, and may block. */
  NEVER
}
