package io.libchan.gateway;

import java.time.Duration;
import java.util.List;

/**
 * Either side of a gateway: its figures, and its end.
 *
 * <p>Thread-safe.
 */
public sealed interface Gateway extends AutoCloseable permits Forwarder, Dialer {
  /** What went through so far. */
  GatewayCounts counts();

  /** The connections that are open now, each with its figures, in no order. */
  List<GatewayConnection> connections();

  /**
   * Takes no new connections and waits for those that are open; what is left then is reset with
   * {@link io.libchan.ReasonCode#DRAINING}, and the gateway is closed. Rule GW-22.
   *
   * @param timeout how long to wait
   * @return whether every connection ended by itself
   * @throws InterruptedException if the thread is interrupted; the gateway takes no new ones all
   *     the same, and is not closed
   */
  boolean drain(Duration timeout) throws InterruptedException;

  /**
   * Takes no new connections and resets those that are open, with {@link
   * io.libchan.ReasonCode#CANCELLED}. Idempotent; does not wait for a peer.
   */
  @Override
  void close();
}
