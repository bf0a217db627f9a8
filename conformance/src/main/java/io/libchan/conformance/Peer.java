package io.libchan.conformance;

import java.io.IOException;

/** Where connections to the peer come from. Thread-safe. */
interface Peer extends AutoCloseable {
  /** The next connection. */
  Pipe next() throws IOException;

  /** Whether the tester makes the connections. */
  boolean isConnecting();

  /** The protocol that TLS agreed on; empty without TLS, or without an agreement. */
  default String protocol() throws IOException {
    return "";
  }

  @Override
  void close();
}
