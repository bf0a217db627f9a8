package io.libchan.transport.unix;

import io.libchan.spi.Descriptor;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import org.newsclub.net.unix.AFSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.FileDescriptorCast;

/** A descriptor of this process. Thread-safe. */
final class OpenDescriptor implements Descriptor {
  private final FileDescriptor descriptor;

  private OpenDescriptor(FileDescriptor descriptor) {
    this.descriptor = descriptor;
  }

  /** Another one of the same file, pipe or socket, that no child process inherits. */
  static OpenDescriptor duplicate(FileDescriptor open) throws IOException {
    return new OpenDescriptor(FileDescriptorCast.duplicating(open).getFileDescriptor());
  }

  @Override
  public FileDescriptor fileDescriptor() {
    return descriptor;
  }

  /** Makes a socket blocking if it is not. */
  void block() throws IOException {
    FileDescriptorCast cast = FileDescriptorCast.using(descriptor);
    if (cast.isAvailable(AFSocket.class)) {
      cast.as(AFSocket.class); // does so
    }
  }

  /** Ends the input of a socket, and accepting at one that listens. */
  void shutdownInput() throws IOException {
    FileDescriptorCast.using(descriptor).as(AFUNIXSocket.class).getChannel().shutdownInput();
  }

  @Override
  public void shutdownOutput() throws IOException {
    FileDescriptorCast cast = FileDescriptorCast.using(descriptor);
    if (cast.isAvailable(AFSocket.class)) {
      cast.as(AFSocket.class).getChannel().shutdownOutput();
    }
  }

  @Override
  public void close() throws IOException {
    close(descriptor);
  }

  /** The stream closes what the descriptor was opened as; it need not be for output. */
  static void close(FileDescriptor descriptor) throws IOException {
    new FileOutputStream(descriptor).close();
  }
}
