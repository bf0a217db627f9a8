package io.libchan.patterns;

import java.util.Objects;

/**
 * A message of a {@link Broadcast}, as a subscriber gets it.
 *
 * <p>Thread-safe if the message is.
 *
 * @param <T> the message type
 * @param message what was published; not null
 * @param missed how many messages directly before this one the subscriber was too slow for; 0 most
 *     of the time
 */
public record Heard<T>(T message, long missed) {
  /** Refuses a missing message. */
  public Heard {
    Objects.requireNonNull(message);
  }
}
