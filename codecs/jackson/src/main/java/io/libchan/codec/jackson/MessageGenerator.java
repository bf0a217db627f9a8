package io.libchan.codec.jackson;

/**
 * A generator that knows where attachments go.
 *
 * <p>Not thread-safe.
 */
public interface MessageGenerator {
  /** The message that is being written. */
  Outgoing outgoing();
}
