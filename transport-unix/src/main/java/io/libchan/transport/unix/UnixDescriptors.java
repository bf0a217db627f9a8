package io.libchan.transport.unix;

import io.libchan.ByteStream;
import io.libchan.Descriptors;
import io.libchan.spi.Ends;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.UUID;
import org.newsclub.net.unix.AFPipe;
import org.newsclub.net.unix.AFSocket;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.FileDescriptorCast;

/**
 * Attachments whose open descriptor is known, so that a session that passes descriptors sends that
 * and not the bytes. The JDK's own pipes and sockets hide theirs.
 *
 * <p>Reads and writes of these are system calls that block the thread, its carrier too where it is
 * a virtual one. Interrupting them closes the attachment.
 *
 * <p>Thread-safe.
 */
public final class UnixDescriptors {
  private static final SecureRandom RANDOM = new SecureRandom();

  private UnixDescriptors() {}

  /** Both ends of a pipe of the system: what is written to the sink comes out of the source. */
  public record Pipe(InputStream source, OutputStream sink) {}

  /**
   * Makes a pipe.
   *
   * @throws IOException if the process has too many descriptors
   */
  public static Pipe pipe() throws IOException {
    try (AFPipe pipe = AFPipe.open()) {
      InputStream source = input(pipe.source().getFileDescriptor());
      boolean done = false;
      try {
        OutputStream sink = output(pipe.sink().getFileDescriptor());
        done = true;
        return new Pipe(source, sink);
      } finally {
        if (!done) {
          source.close();
        }
      }
    }
  }

  /**
   * Makes two connected sockets; each direction ends on its own.
   *
   * @throws IOException if the process has too many descriptors
   */
  public static ByteStream.Pair sockets() throws IOException {
    return UnixThreads.call(UnixDescriptors::connected);
  }

  private static ByteStream.Pair connected() throws IOException {
    // Not the library's own pair, of which two descriptors stay for ever.
    AFUNIXSocketAddress address =
        AFUNIXSocketAddress.inAbstractNamespace("libchan-" + UUID.randomUUID());
    try (AFUNIXServerSocket server = AFUNIXServerSocket.newInstance()) {
      server.bind(address, 1);
      return connected(server, address);
    }
  }

  /**
   * Accepts until it is the one that was connected here, which has said a secret by then: others
   * can see the name, and be quicker.
   */
  static ByteStream.Pair connected(AFUNIXServerSocket server, AFUNIXSocketAddress address)
      throws IOException {
    byte[] secret = new byte[16];
    RANDOM.nextBytes(secret);
    try (AFUNIXSocket left = AFUNIXSocket.newInstance()) {
      left.connect(address);
      left.getOutputStream().write(secret);
      for (; ; ) {
        try (AFUNIXSocket right = server.accept()) {
          InputStream input = right.getInputStream();
          if (input.available() >= secret.length
              && Arrays.equals(input.readNBytes(secret.length), secret)) {
            return pair(left, right);
          }
        }
      }
    }
  }

  private static ByteStream.Pair pair(AFUNIXSocket left, AFUNIXSocket right) throws IOException {
    ByteStream one = stream(left);
    boolean done = false;
    try {
      ByteStream.Pair pair = new ByteStream.Pair(one, stream(right));
      done = true;
      return pair;
    } finally {
      if (!done) {
        one.close();
      }
    }
  }

  /**
   * A connected socket as an attachment, which takes it over: the given object is of no use any
   * more, and need not be closed.
   *
   * @throws IOException if it is not open, or the process has too many descriptors
   */
  public static ByteStream stream(AFSocket<?> connected) throws IOException {
    ByteStream stream = stream(connected.getFileDescriptor());
    // Closing the socket itself would shut it down for everybody.
    OpenDescriptor.close(connected.getFileDescriptor());
    connected.close();
    return stream;
  }

  /**
   * As {@link #stream(AFSocket)}, for a TCP socket of the JDK's, on Linux: its descriptor is found
   * in what the system tells of this process. On failure the channel is as it was.
   *
   * @throws IOException if the system does not tell, or the process has too many descriptors
   * @throws IllegalArgumentException if it is registered with a selector
   */
  public static ByteStream stream(SocketChannel connected) throws IOException {
    return new JdkSockets().stream(connected);
  }

  /**
   * A two-way attachment over an open descriptor, such as a connected socket. It has a duplicate of
   * its own: closing the given one stays the caller's. A socket is made blocking, for everybody who
   * shares it: whoever served it without blocking has to be done with it.
   *
   * @throws IOException if it is not open, or the process has too many descriptors
   */
  public static ByteStream stream(FileDescriptor open) throws IOException {
    OpenDescriptor own = OpenDescriptor.duplicate(open);
    own.block();
    return Ends.stream(own);
  }

  /** As {@link #stream(FileDescriptor)}, to be read from only. */
  public static InputStream input(FileDescriptor open) throws IOException {
    return Ends.input(OpenDescriptor.duplicate(open));
  }

  /** As {@link #stream(FileDescriptor)}, to be written to only. */
  public static OutputStream output(FileDescriptor open) throws IOException {
    return Ends.output(OpenDescriptor.duplicate(open));
  }

  /**
   * Gives an attachment's descriptor to the program at the other end of a Unix socket that is not
   * libchan's, with one byte of zero: what OpenSSH's {@code ProxyUseFdpass} expects on standard
   * output. The attachment is closed here; the socket stays as it is. Blocks while the socket takes
   * nothing.
   *
   * @param socket connected, of the Unix domain
   * @throws IOException if it is no such socket or its other end is gone, or the attachment has no
   *     descriptor; it is closed all the same
   */
  public static void give(FileDescriptor socket, ByteStream attachment) throws IOException {
    Natives.check();
    try (attachment) {
      FileDescriptor given =
          Descriptors.of(attachment)
              .orElseThrow(
                  () -> new IOException("the attachment is no descriptor of this process"));
      UnixThreads.call(
          () -> {
            OpenDescriptor own = OpenDescriptor.duplicate(socket);
            try {
              FileDescriptorCast cast = FileDescriptorCast.using(own.fileDescriptor());
              if (!cast.isAvailable(AFUNIXSocket.class)) {
                throw new IOException(
                    "not a Unix socket, so that no descriptor can be given to it");
              }
              AFUNIXSocket to = cast.as(AFUNIXSocket.class);
              to.setOutboundFileDescriptors(given);
              to.getOutputStream().write(0);
            } finally {
              own.close();
            }
            return true;
          });
    }
  }

  /**
   * The JDK's form of a descriptor that is known by its number, such as that of a native channel of
   * Netty's. It stays whose it is.
   *
   * @throws IOException if there is none of this number
   */
  public static FileDescriptor ofNumber(int number) throws IOException {
    return FileDescriptorCast.unsafeUsing(number).getFileDescriptor();
  }

  /**
   * The number of a descriptor in this process.
   *
   * @throws IOException if it is closed
   */
  public static int number(FileDescriptor open) throws IOException {
    return FileDescriptorCast.using(open).as(Integer.class);
  }

  /**
   * What gives a descriptor to a child process as one of its standard streams. It may be closed
   * here once the process has started.
   *
   * @throws IOException if it is closed
   */
  public static Redirect redirect(FileDescriptor open) throws IOException {
    return FileDescriptorCast.using(open).as(Redirect.class);
  }
}
