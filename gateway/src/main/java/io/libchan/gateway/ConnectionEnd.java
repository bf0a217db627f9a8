package io.libchan.gateway;

import io.libchan.Reason;

/**
 * A connection is over.
 *
 * <p>Thread-safe: immutable.
 *
 * @param connection its last figures
 * @param reason the clean end if both directions ended; else why it was cut here, or not made
 */
public record ConnectionEnd(GatewayConnection connection, Reason reason) {}
