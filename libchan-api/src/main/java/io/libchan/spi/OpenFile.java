package io.libchan.spi;

import io.libchan.FileHandle;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.Optional;

/** A handle that is an open file of this process. Thread-safe. */
final class OpenFile implements FileHandle {
  private final FileDescriptor descriptor;
  private final FileChannel channel;
  private final Ownership ownership = new Ownership();

  OpenFile(FileDescriptor descriptor, FileChannel channel) {
    this.descriptor = descriptor;
    this.channel = channel;
    Watched.end(this, "a file", ownership, reason -> closeLost(channel));
  }

  private static boolean closeLost(FileChannel lost) {
    try {
      lost.close();
    } catch (IOException e) {
      // Nobody is left to tell.
    }
    return true;
  }

  Ownership ownership() {
    return ownership;
  }

  FileDescriptor descriptor() {
    return descriptor;
  }

  /** The bytes for whoever carries them when the application has no right to any more. */
  InputStream bytes() {
    return Channels.newInputStream(channel);
  }

  void closeFile() throws IOException {
    channel.close();
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public long position() throws IOException {
    return channel.position();
  }

  @Override
  public InputStream input() {
    return new Guarded();
  }

  @Override
  public Optional<FileChannel> channel() {
    ownership.check();
    return Optional.of(channel);
  }

  @Override
  public void close() throws IOException {
    if (ownership.close()) {
      channel.close();
    }
  }

  /** The application's: it ends with the right to the file. */
  private final class Guarded extends InputStream {
    private final InputStream in = bytes();

    @Override
    public int read() throws IOException {
      ownership.check();
      return in.read();
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      ownership.check();
      return in.read(into, offset, length);
    }

    @Override
    public int available() throws IOException {
      return in.available();
    }

    @Override
    public void close() throws IOException {
      OpenFile.this.close();
    }
  }
}
