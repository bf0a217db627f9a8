package io.libchan.transport.unix;

import io.libchan.spi.ByteConnection;
import io.libchan.spi.Descriptor;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;

/** The reading half of a connection. Only its reader's. */
final class Input {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final AFUNIXSocket socket;
  private final @Nullable Consumer<Descriptor> taker;

  /**
   * The half.
   *
   * @param taker gets descriptors; null if none are received
   */
  Input(AFUNIXSocket socket, @Nullable Consumer<Descriptor> taker) {
    this.socket = socket;
    this.taker = taker;
  }

  /** Reads until the peer has written its last. */
  void readAll(ByteConnection.Handler handler) throws IOException {
    InputStream input = socket.getInputStream();
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
      if (taker != null) {
        take(taker); // first: bytes of the same read may name them
      }
      handler.received(ByteBuffer.wrap(buffer, 0, count));
    }
  }

  /**
   * Takes received descriptors from the socket, which would close them with itself, and which lets
   * child processes inherit them: a duplicate is nobody else's.
   */
  private void take(Consumer<Descriptor> owner) throws IOException {
    for (FileDescriptor received : socket.getReceivedFileDescriptors()) {
      Descriptor own = OpenDescriptor.duplicate(received);
      OpenDescriptor.close(received);
      owner.accept(own);
    }
  }
}
