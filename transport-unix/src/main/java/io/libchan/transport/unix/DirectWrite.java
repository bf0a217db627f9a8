package io.libchan.transport.unix;

import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * Writes a little to a blocking socket without waiting: it asks the system for room first. Any
 * thread may, a virtual one too, and interrupting it does nothing to the socket. None of that is so
 * with the library's own streams and channels, which is why this calls what is below them. Where
 * the library does not let us (on the module path without an {@code --add-opens}) nothing is
 * written.
 *
 * <p>For one thread at a time, which alone writes to the socket.
 */
final class DirectWrite {
  private static final int MAX_BYTES = 8 * 1024;

  /** Where the system tells of room, at least this part of the socket's buffer is free. */
  private static final int PART_OF_BUFFER = 8;

  private static final @Nullable MethodHandle SEND = Poll.found(DirectWrite::findSend);

  private final FileDescriptor socket;
  private final int maxBytes;
  private final @Nullable Poll room;

  DirectWrite(AFUNIXSocket connected) throws IOException {
    socket = connected.getFileDescriptor();
    room = SEND == null ? null : Poll.of(socket, SelectionKey.OP_WRITE);
    maxBytes =
        room == null ? 0 : Math.min(MAX_BYTES, connected.getSendBufferSize() / PART_OF_BUFFER);
  }

  /** The bytes that may be written at once; 0 if none ever. */
  int maxBytes() {
    return maxBytes;
  }

  /**
   * Writes if there is room.
   *
   * @param bytes a direct buffer with no more than {@link #maxBytes}; what is left in it was not
   *     written
   */
  void write(ByteBuffer bytes) throws IOException {
    MethodHandle send = SEND;
    if (send == null || room == null || bytes.remaining() > maxBytes || !room.isThere(0)) {
      return;
    }
    try {
      int from = bytes.position();
      int count = (int) send.invokeExact(socket, bytes, from, bytes.remaining());
      bytes.position(from + count);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** To no address, with no options and no descriptors. */
  private static MethodHandle findSend() throws ReflectiveOperationException {
    MethodHandle send =
        Poll.handle(
            "NativeUnixSocket",
            "send",
            FileDescriptor.class,
            ByteBuffer.class,
            int.class,
            int.class,
            ByteBuffer.class,
            int.class,
            int.class,
            Class.forName(Poll.LIBRARY + "AncillaryDataSupport"));
    return MethodHandles.insertArguments(send, 4, null, 0, 0, null);
  }
}
