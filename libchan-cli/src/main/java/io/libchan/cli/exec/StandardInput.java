package io.libchan.cli.exec;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * This process's standard input, read without a buffer of its own. Closing it does nothing: a
 * thread may be waiting in a read that only the end of this process can end.
 *
 * <p>Thread-safe.
 */
final class StandardInput extends InputStream {
  private final FileInputStream input = new FileInputStream(FileDescriptor.in);

  @Override
  public int read() throws IOException {
    return input.read();
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    return input.read(into, offset, length);
  }

  @Override
  public int available() throws IOException {
    return input.available();
  }
}
