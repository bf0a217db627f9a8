package io.libchan.gateway;

/**
 * What went through a gateway since it was made.
 *
 * <p>Thread-safe: immutable.
 *
 * @param open connections now, those being made included
 * @param ended connections that ended in both directions
 * @param cut connections that were reset, or lost
 * @param refused connections that were never made: not allowed, over a limit, or the target did not
 *     answer
 * @param handedOver connections whose socket itself went to the peer; the gateway knows nothing of
 *     what became of them
 * @param bytesFromSockets read from sockets here and given to sessions
 * @param bytesToSockets taken from sessions and written to sockets here
 */
public record GatewayCounts(
    int open,
    long ended,
    long cut,
    long refused,
    long handedOver,
    long bytesFromSockets,
    long bytesToSockets) {}
