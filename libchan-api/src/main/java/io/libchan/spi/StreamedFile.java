package io.libchan.spi;

import io.libchan.ByteStream;
import io.libchan.FileHandle;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** A handle whose bytes come over a stream. Rule CH-44. Thread-safe. */
final class StreamedFile implements FileHandle {
  private final ByteStream stream;
  private final long size;
  private final AtomicLong position;
  private final Ownership ownership = new Ownership();

  StreamedFile(ByteStream stream, long position, long size) {
    this.stream = stream;
    this.size = size;
    this.position = new AtomicLong(position);
  }

  Ownership ownership() {
    return ownership;
  }

  InputStream bytes() {
    return stream.input();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public long position() {
    return position.get();
  }

  @Override
  public InputStream input() {
    return new Counting();
  }

  @Override
  public Optional<FileChannel> channel() {
    ownership.check();
    return Optional.empty();
  }

  @Override
  public void close() {
    if (ownership.close()) {
      stream.close();
    }
  }

  private final class Counting extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      ownership.check();
      int count = stream.input().read(into, offset, length);
      if (count > 0) {
        position.addAndGet(count);
      }
      return count;
    }

    @Override
    public int available() throws IOException {
      return stream.input().available();
    }

    @Override
    public void close() {
      StreamedFile.this.close();
    }
  }
}
