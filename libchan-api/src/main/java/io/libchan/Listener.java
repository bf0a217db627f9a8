package io.libchan;

import java.net.URI;
import java.time.Duration;

/**
 * A place where peers connect.
 *
 * <p>Thread-safe.
 */
public interface Listener extends AutoCloseable {
  /** The bound address, with the real port where 0 was asked for. */
  URI uri();

  /** The number of sessions that are open now, those in their handshake included. */
  int sessions();

  /**
   * Stops accepting and drains every session; see {@link Session#drain}.
   *
   * @param timeout for all of them together
   * @return whether every session ended by itself
   */
  boolean drain(Duration timeout) throws InterruptedException;

  /**
   * Stops accepting, closes every session as {@link Session#close} does, frees the address.
   * Idempotent.
   */
  @Override
  void close();
}
