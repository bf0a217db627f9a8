package io.libchan.gateway;

import io.libchan.Reason;

/**
 * A connection is over.
 *
 * <p>Thread-safe: immutable.
 *
 * @param connection its last figures
 * @param reason the clean end if both directions ended, or the socket was handed over; else why it
 *     was cut here, or not made
 * @param handedOver whether the socket itself went to the peer: it goes on without this gateway
 */
public record ConnectionEnd(GatewayConnection connection, Reason reason, boolean handedOver) {}
