package io.libchan.transport.websocket.client;

/**
 * A close frame.
 *
 * @param code the code; {@link io.libchan.transport.websocket.internal.Wire#NO_CODE} for an empty
 *     frame
 */
record Close(int code, String text) {}
