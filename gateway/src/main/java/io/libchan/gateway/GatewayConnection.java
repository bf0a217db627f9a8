package io.libchan.gateway;

import java.time.Duration;

/**
 * One connection, as it is or was.
 *
 * <p>Thread-safe: immutable.
 *
 * @param peer at a {@link Forwarder} the client's address, at a {@link Dialer} the address of the
 *     session's other side
 * @param target what was asked for
 * @param age since it was accepted, or asked for
 * @param idle since a byte went either way
 * @param bytesFromSocket read from the socket here and given to the session
 * @param bytesToSocket taken from the session and written to the socket here
 */
public record GatewayConnection(
    String peer,
    String target,
    Duration age,
    Duration idle,
    long bytesFromSocket,
    long bytesToSocket) {}
