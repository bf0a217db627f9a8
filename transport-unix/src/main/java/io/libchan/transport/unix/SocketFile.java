package io.libchan.transport.unix;

import io.libchan.ConnectFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.ConnectionRefusedSocketException;

/**
 * The file of a listening socket: made by binding, and left behind by a process that was killed. An
 * abstract name has none, and nothing here does anything. Rules UNX-3 to UNX-5.
 *
 * <p>Only the accepting thread's.
 */
final class SocketFile {
  private static final int STICKY = 01000;
  private static final int WRITABLE_BY_OTHERS = 0022;
  private static final int FILE_TYPE = 0170000;
  private static final int SOCKET = 0140000;

  /** How long a socket may take from being bound to listening. */
  private static final long GRACE_NANOS = 100_000_000;

  private final UnixAddress address;
  private final UnixOptions options;
  private @Nullable Object key; // of the file that binding made

  SocketFile(UnixAddress address, UnixOptions options) {
    this.address = address;
    this.options = options;
  }

  /** Checks the directory, and makes room where nobody listens any more. */
  void prepare() throws IOException {
    if (address.isAbstract()) {
      return;
    }
    Path path = address.path();
    Path directory = path.toAbsolutePath().getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw Sockets.failed("can't listen at " + address + ": there is no directory " + directory);
    }
    if (options.directoryChecked()) {
      check(directory);
    }
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      removeStale(path);
    }
  }

  /** Whoever may rename files there could put a socket of theirs in the place of this one. */
  private void check(Path directory) throws IOException {
    int mode = ((Number) Files.getAttribute(directory, "unix:mode")).intValue();
    long owner = Users.owner(directory);
    if (owner != Users.own() && owner != 0) {
      throw Sockets.failed(
          "refusing to listen at " + address + ": " + directory + " belongs to user " + owner);
    }
    if ((mode & WRITABLE_BY_OTHERS) != 0 && (mode & STICKY) == 0) {
      throw Sockets.failed(
          "refusing to listen at "
              + address
              + ": others may replace files in "
              + directory
              + "; chmod 700 it, or see UnixOptions.directoryChecked");
    }
  }

  /**
   * Takes a dead socket's file away. It is renamed first: of two listeners that start at a time one
   * finds it gone, and neither takes away what the other one has just bound.
   */
  private void removeStale(Path path) throws IOException {
    Object dead = key(path);
    if (!isSocket(path)) {
      throw Sockets.failed("can't listen at " + address + ": the file there is no socket");
    }
    long grace = System.nanoTime() + GRACE_NANOS;
    do {
      if (isServed(path)) {
        throw inUse();
      }
      LockSupport.parkNanos(GRACE_NANOS / 10);
    } while (System.nanoTime() - grace < 0);
    Path aside = path.resolveSibling("." + ProcessHandle.current().pid() + "." + System.nanoTime());
    Files.move(path, aside);
    if (dead == null || !dead.equals(key(aside))) {
      Files.move(aside, path);
      throw inUse();
    }
    Files.delete(aside);
  }

  private static boolean isSocket(Path path) throws IOException {
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return (mode & FILE_TYPE) == SOCKET;
  }

  private ConnectFailed inUse() {
    return Sockets.failed("can't listen at " + address + ": it is in use");
  }

  /**
   * Whether somebody listens. Only a refusal says that nobody does; whoever has bound it may be
   * about to, for a moment.
   */
  private static boolean isServed(Path path) throws IOException {
    AFUNIXSocket probe = AFUNIXSocket.newInstance();
    try {
      probe.setSoTimeout(1000); // a full backlog means that somebody listens
      probe.connect(AFUNIXSocketAddress.of(path.toFile()), 1000);
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return true;
    } catch (ConnectionRefusedSocketException e) {
      return false;
    } finally {
      Sockets.closeQuietly(probe);
    }
  }

  /** Narrows the permissions, which the library leaves open for everybody. */
  void bound() throws IOException {
    if (!address.isAbstract()) {
      key = key(address.path());
      Set<PosixFilePermission> mode = options.socketMode();
      Files.setPosixFilePermissions(address.path(), mode);
    }
  }

  /** Deletes the file if it is still the one that binding made. */
  void remove() throws IOException {
    if (!address.isAbstract() && key != null && key.equals(key(address.path()))) {
      Files.deleteIfExists(address.path());
    }
  }

  /** What the file is known by; its number alone may be another file's soon. */
  private static @Nullable Object key(Path path) {
    try {
      BasicFileAttributes file =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return file.fileKey() == null ? null : List.of(file.fileKey(), file.lastModifiedTime());
    } catch (IOException e) {
      return null;
    }
  }
}
