package io.libchan.conformance;

import java.io.IOException;

/** A connection of bytes. Thread-safe: one thread may read while another one writes. */
interface Pipe extends AutoCloseable {
  /** Fills the array; whether there were enough bytes. */
  boolean read(byte[] target) throws IOException;

  void write(byte[] bytes) throws IOException;

  @Override
  void close();
}
