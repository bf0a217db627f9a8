package io.libchan.calls;

import io.libchan.Reason;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A channel whose calls are being served; see {@link Calls#serve}.
 *
 * <p>Thread-safe.
 */
public interface Serving extends AutoCloseable {
  /** How many requests were taken and not answered yet. */
  int running();

  /**
   * Takes no more requests and waits for the answers of those that were taken. Later requests, and
   * those that nobody took, fail at their callers with {@link io.libchan.ReasonCode#DRAINING}, or
   * {@link io.libchan.ReasonCode#UNCLAIMED} where they arrive at this moment.
   *
   * @param timeout how long to wait; what still runs then is ended as by {@link #close}
   * @return whether every request that was taken was answered
   * @throws InterruptedException if the thread is interrupted; nothing more is taken, and what runs
   *     goes on
   */
  boolean drain(Duration timeout) throws InterruptedException;

  /**
   * Stops at once: takes no more requests, interrupts the handlers, and fails the calls with {@link
   * io.libchan.ReasonCode#CANCELLED}. Never blocks; idempotent.
   */
  @Override
  void close();

  /**
   * Completes with the reason when the channel of requests has ended and every handler has
   * returned: the clean end if the sender closed it. Never completes exceptionally, and never on an
   * I/O thread.
   */
  CompletionStage<Reason> closed();
}
