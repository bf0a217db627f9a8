package io.libchan.spi;

import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.IOException;

/**
 * An open descriptor of the operating system: a file, a pipe's end, a socket, a terminal. Whoever
 * holds it owns it and is to close it; it is not closed by the collector.
 *
 * <p>Thread-safe.
 */
public interface Descriptor extends Closeable {
  /** The JDK's form of it, for the few things that only that can do. It stays this object's. */
  FileDescriptor fileDescriptor();

  /**
   * Ends the output of a socket in good order: the other side reads to its end. Does nothing to
   * what is no socket, where only {@link #close} ends anything.
   *
   * @throws IOException if the socket has failed, or this is closed
   */
  void shutdownOutput() throws IOException;

  /** Closes this descriptor; others of the same file, pipe or socket live on. Idempotent. */
  @Override
  void close() throws IOException;
}
