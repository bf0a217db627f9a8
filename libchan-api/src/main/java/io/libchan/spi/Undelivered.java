package io.libchan.spi;

import io.libchan.Reason;

/**
 * A message that wants to know when a channel inside one process drops it. Between processes the
 * engine releases what a dropped message carries; here only the message itself can.
 */
@FunctionalInterface
public interface Undelivered {
  /**
   * The receiving end was closed before anybody received this message. Must not block.
   *
   * @param reason why the end was closed
   */
  void undelivered(Reason reason);
}
