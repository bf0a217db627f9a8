package io.libchan.transport.unix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Who this process runs as. Thread-safe. */
final class Users {
  private static final Path SELF = Path.of("/proc/self");

  private Users() {}

  /** Asked for once, as a process keeps its user. */
  private static final class Own {
    static final long UID = find();

    private static long find() {
      try {
        return Files.isDirectory(SELF) ? owner(SELF) : ofNewFile();
      } catch (IOException e) {
        throw new UncheckedIOException("the user of this process is not known", e);
      }
    }

    private static long ofNewFile() throws IOException {
      Path file = Files.createTempFile("libchan", ".uid");
      try {
        return owner(file);
      } finally {
        Files.delete(file);
      }
    }
  }

  /** The user that this process runs as. */
  static long own() {
    return Own.UID;
  }

  /** The user that a file belongs to. */
  static long owner(Path file) throws IOException {
    return ((Number) Files.getAttribute(file, "unix:uid")).longValue();
  }
}
