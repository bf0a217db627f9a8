package io.libchan.gateway;

/** The socket is connected; nothing else is told as yet. Rule GW-3. Thread-safe: immutable. */
record Dialed() {}
