package io.libchan.gateway;

import io.libchan.ChannelException;
import io.libchan.Session;

/**
 * Where a {@link Forwarder} gets its session from, and the next one when that is lost.
 *
 * <p>Must be thread-safe; it is asked by one thread at a time.
 */
@FunctionalInterface
public interface SessionSource {
  /**
   * A session, new or not. It may block; the connections that wait for it are closed if it fails.
   *
   * @return from now on the forwarder's, which closes it when it is closed itself
   */
  Session connect() throws ChannelException, InterruptedException;
}
