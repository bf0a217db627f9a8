package io.libchan.gateway;

import io.libchan.ByteStream;
import org.jspecify.annotations.Nullable;

/**
 * The socket is connected. Rules GW-3 and GW-9.
 *
 * <p>Thread-safe: immutable.
 *
 * @param socket the socket itself; null if its bytes come through the session
 */
record Dialed(@Nullable ByteStream socket) {}
