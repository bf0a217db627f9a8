package io.libchan.transport.unix;

import io.libchan.ByteStream;
import io.libchan.spi.Ends;
import io.libchan.spi.SocketStreams;
import java.io.FileDescriptor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the descriptor of a TCP socket of the JDK's by what Linux tells of this process: its table
 * of connections has the socket's inode, and the folder of open descriptors has what leads there.
 *
 * <p>Thread-safe.
 */
public final class JdkSockets implements SocketStreams {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final Path[] TABLES = {
    Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6")
  };
  private static final int LOCAL = 1; // columns of a table
  private static final int REMOTE = 2;
  private static final int INODE = 9;

  /** For {@code ServiceLoader}. */
  public JdkSockets() {}

  @Override
  public ByteStream stream(SocketChannel connected) throws IOException {
    if (connected.isRegistered()) {
      throw new IllegalArgumentException("the socket is registered with a selector");
    }
    if (!(connected.getLocalAddress() instanceof InetSocketAddress local)
        || !(connected.getRemoteAddress() instanceof InetSocketAddress remote)) {
      throw new IOException("not a connected TCP socket: " + connected);
    }
    Natives.check();
    OpenDescriptor own =
        UnixThreads.call(
            () -> {
              OpenDescriptor found = duplicate("socket:[" + inode(local, remote) + "]");
              found.block();
              return found;
            });
    connected.close();
    return Ends.stream(own);
  }

  private static String inode(InetSocketAddress local, InetSocketAddress remote)
      throws IOException {
    for (Path table : TABLES) {
      try (Stream<String> rows = Files.lines(table)) {
        String found =
            rows.skip(1)
                .map(row -> row.strip().split(" +"))
                .filter(row -> is(row[LOCAL], local) && is(row[REMOTE], remote))
                .map(row -> row[INODE])
                .findFirst()
                .orElse(null);
        if (found != null) {
          return found;
        }
      } catch (NoSuchFileException e) {
        // A system without this kind of address.
      }
    }
    throw new IOException("the system does not tell of the socket from " + local + " to " + remote);
  }

  /** An address of a table: words of the machine's byte order in hexadecimal, a colon, the port. */
  private static boolean is(String text, InetSocketAddress address) {
    int colon = text.indexOf(':');
    if (Integer.parseInt(text, colon + 1, text.length(), 16) != address.getPort()) {
      return false;
    }
    ByteBuffer words =
        ByteBuffer.wrap(HexFormat.of().parseHex(text, 0, colon)).order(ByteOrder.nativeOrder());
    ByteBuffer bytes = ByteBuffer.allocate(words.capacity());
    while (words.hasRemaining()) {
      bytes.putInt(words.getInt());
    }
    try {
      InetAddress inTable = InetAddress.getByAddress(bytes.array());
      return Arrays.equals(inTable.getAddress(), address.getAddress().getAddress());
    } catch (java.net.UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  /** A duplicate of whichever descriptor leads there. */
  private static OpenDescriptor duplicate(String link) throws IOException {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(DESCRIPTORS)) {
      for (Path one : all) {
        if (link.equals(target(one))) {
          FileDescriptor found =
              UnixDescriptors.ofNumber(Integer.parseInt(one.getFileName().toString()));
          OpenDescriptor own = OpenDescriptor.duplicate(found);
          // It may have been somebody else's duplicate, and closed meanwhile.
          Path copy =
              DESCRIPTORS.resolve(String.valueOf(UnixDescriptors.number(own.fileDescriptor())));
          if (link.equals(target(copy))) {
            return own;
          }
          own.close();
        }
      }
    }
    throw new IOException("no descriptor of this process is " + link);
  }

  private static @Nullable String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return null; // closed meanwhile
    }
  }
}
