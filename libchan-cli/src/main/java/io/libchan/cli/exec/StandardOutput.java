package io.libchan.cli.exec;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;

/**
 * Standard output or error output of this process, which tells when its writer is done. Nothing is
 * buffered: what was written is with the operating system. Closing it leaves the descriptor open.
 *
 * <p>Thread-safe.
 */
final class StandardOutput extends OutputStream {
  private final FileOutputStream output;
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  StandardOutput(FileDescriptor descriptor) {
    output = new FileOutputStream(descriptor);
  }

  /** Completes when the writer closed this stream. */
  CompletableFuture<Void> closed() {
    return closed;
  }

  @Override
  public void write(int value) throws IOException {
    output.write(value);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    output.write(from, offset, length);
  }

  @Override
  public void close() {
    closed.complete(null);
  }
}
