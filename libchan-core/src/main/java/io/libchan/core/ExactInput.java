package io.libchan.core;

import java.io.IOException;
import java.io.InputStream;

/** So many bytes of another stream; fewer are an error. Not thread-safe. */
final class ExactInput extends InputStream {
  private final InputStream from;
  private long left;

  ExactInput(InputStream from, long bytes) {
    this.from = from;
    left = bytes;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (left == 0) {
      return -1;
    }
    int count = from.read(into, offset, (int) Math.min(length, left));
    if (count < 0) {
      throw new IOException("the file became shorter: " + left + " bytes are missing");
    }
    left -= count;
    return count;
  }

  @Override
  public int available() throws IOException {
    return (int) Math.min(left, from.available());
  }

  @Override
  public void close() throws IOException {
    from.close();
  }
}
