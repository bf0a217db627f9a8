package io.libchan.transport.unix;

import io.libchan.spi.Descriptor;
import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/**
 * The writing half of a connection: a batch of bytes and the descriptors that go with it.
 *
 * <p>It has a descriptor of its own for the socket, because the library closes the one it writes to
 * when the peer is gone, whoever else is using it.
 *
 * <p>Only the writer's, except for {@link #writesBulk}, and that {@link #close} comes when nobody
 * is the writer any more.
 */
final class Output {
  /** More can't be received where the library caps its buffer. Rule FD-2. */
  static final int MAX_DESCRIPTORS = 60;

  private static final int BUFFER_BYTES = 64 * 1024;

  /** A batch of so many bytes is bulk. */
  private static final int BULK_BYTES = 16 * 1024;

  private final FileDescriptor descriptor;
  private final AFUNIXSocket socket;
  private final AFUNIXSocketChannel channel;
  private final DirectWrite direct;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final List<Descriptor> passed = new ArrayList<>(0);
  private volatile boolean wroteBulk; // since the reader asked
  private boolean begun; // the batch is complete, and some of it may be written

  Output(FileDescriptor connected) throws IOException {
    FileDescriptorCast own = FileDescriptorCast.duplicating(connected);
    descriptor = own.getFileDescriptor();
    socket = own.as(AFUNIXSocket.class);
    channel = socket.getChannel();
    direct = new DirectWrite(socket);
  }

  /** Room for a new batch. */
  ByteBuffer cleared() {
    begun = false;
    return buffer.clear();
  }

  /** Room for a new batch that {@link #writeAtOnce} may write. */
  ByteBuffer clearedForOnce() {
    return cleared().limit(direct.maxBytes());
  }

  /** Whether {@link #writeAtOnce} can write anything at all. */
  boolean writesAtOnce() {
    return direct.maxBytes() > 0;
  }

  /** Whether nothing of the batch is left to write. */
  boolean isEmpty() {
    return begun ? !buffer.hasRemaining() : buffer.position() == 0;
  }

  /** Whether bulk was written since this was asked last, by the thread that reads. */
  boolean writesBulk() {
    boolean bulk = wroteBulk;
    if (bulk) {
      wroteBulk = false;
    }
    return bulk;
  }

  boolean isFull() {
    return passed.size() >= MAX_DESCRIPTORS;
  }

  boolean pass(Descriptor one) {
    return !isFull() && passed.add(one);
  }

  /**
   * Writes the batch if the socket has room for it; whether it did. Does not wait. What goes with
   * descriptors is left, as the library passes them by a write that may wait only.
   */
  boolean writeAtOnce() throws IOException {
    begin();
    if (passed.isEmpty() && buffer.hasRemaining()) {
      direct.write(buffer);
    }
    return !buffer.hasRemaining();
  }

  /** Writes what is left of the batch and waits until the system has it. */
  void write() throws IOException {
    begin();
    if (!buffer.hasRemaining()) {
      return;
    }
    if (buffer.remaining() >= BULK_BYTES) {
      wroteBulk = true;
    }
    try {
      if (!passed.isEmpty()) {
        FileDescriptor[] all = new FileDescriptor[passed.size()];
        for (int i = 0; i < all.length; i++) {
          all[i] = passed.get(i).fileDescriptor();
        }
        socket.setOutboundFileDescriptors(all);
      }
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } finally {
      closePassed();
    }
  }

  private void begin() {
    if (!begun) {
      begun = true;
      buffer.flip();
    }
  }

  /** The end of this direction, in good order. */
  void end() throws IOException {
    channel.shutdownOutput();
  }

  void close() {
    closePassed();
    Sockets.closeQuietly(socket);
    closeQuietly(descriptor);
  }

  private void closePassed() {
    for (Descriptor one : passed) {
      closeQuietly(one.fileDescriptor());
    }
    passed.clear();
  }

  private static void closeQuietly(FileDescriptor one) {
    try {
      OpenDescriptor.close(one);
    } catch (IOException e) {
      // A descriptor is closed even where closing it tells of an error.
    }
  }
}
