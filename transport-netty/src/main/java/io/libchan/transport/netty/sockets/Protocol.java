package io.libchan.transport.netty.sockets;

/**
 * What is spoken over a socket.
 *
 * @param alpn its name in ALPN; empty where ALPN is not spoken
 * @param name its name for people
 */
public record Protocol(String alpn, String name) {}
