package io.libchan.transport.netty.sockets;

import java.util.List;

/**
 * What is spoken over a socket.
 *
 * @param alpn its name in ALPN; empty where ALPN is not spoken
 * @param name its name for people
 * @param scheme the scheme of its URIs without TLS
 * @param tlsScheme the scheme of its URIs with TLS
 * @param prefix the bytes that the connecting side always sends first and no other wire does, one
 *     for each character
 */
public record Protocol(String alpn, String name, String scheme, String tlsScheme, String prefix) {
  /** What is offered or chosen in ALPN. */
  List<String> alpns() {
    return alpn.isEmpty() ? List.of() : List.of(alpn);
  }

  /** The scheme of a URI with TLS or without. */
  String scheme(boolean tls) {
    return tls ? tlsScheme : scheme;
  }
}
