package io.libchan.transport.unix;

import io.libchan.spi.BusyPoll;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Descriptor;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketChannel;

/** The reading half of a connection. Only its reader's. */
final class Input {
  private static final int BUFFER_BYTES = 64 * 1024;

  /** After so much it pays to ask the system whether there is more. */
  private static final int LARGE_BYTES = 16 * 1024;

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

  /**
   * Reads until the peer has written its last.
   *
   * @param afterEach is run when what was read is with the handler
   * @param writesBulk whether this side has written much since that was asked
   */
  void readAll(ByteConnection.Handler handler, Runnable afterEach, BooleanSupplier writesBulk)
      throws IOException {
    AFUNIXSocketChannel channel = socket.getChannel(); // the stream would copy
    InputStream stream = socket.getInputStream(); // knows whether there is something to read
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    BusyPoll poll = new BusyPoll();
    Poll arrival = Poll.of(socket.getFileDescriptor(), SelectionKey.OP_READ);
    while (channel.read(buffer.clear()) >= 0) {
      int bytes = buffer.position();
      if (taker != null) {
        take(taker); // first: bytes of the same read may name them
      }
      handler.receivedSome(buffer.flip());
      if (bytes < LARGE_BYTES || stream.available() == 0) {
        handler.receivedAll(); // the next read may wait
      }
      afterEach.run();
      poll.read(bytes);
      look(poll, stream);
      if (arrival != null && writesBulk.getAsBoolean()) {
        await(arrival);
      }
    }
  }

  /**
   * Waits as the next read would. Whoever waits in a read is also woken whenever the peer has made
   * room for what this side writes, which for bulk is all the time; who polls is not.
   */
  private static void await(Poll arrival) {
    try {
      boolean unused = arrival.isThere(Poll.FOR_EVER);
    } catch (IOException e) {
      // By a signal, after which a read may as well wait; or the socket broke, as the read will
      // say.
    }
  }

  private static void look(BusyPoll poll, InputStream stream) throws IOException {
    while (poll.isLooking()) {
      if (stream.available() > 0) {
        poll.found();
      } else {
        poll.foundNothing();
      }
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
