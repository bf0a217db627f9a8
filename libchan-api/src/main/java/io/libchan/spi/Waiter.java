package io.libchan.spi;

/**
 * Somebody who waits for a port. Signalled at most once for each registration; being signalled
 * means "look again", not "it is yours".
 *
 * <p>{@code signal} is called on any thread, without locks held, and must not block or run foreign
 * code.
 */
@FunctionalInterface
public interface Waiter {
  /** Look again. */
  void signal();
}
