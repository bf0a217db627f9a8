package io.libchan.transport.unix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/** Addresses that nobody uses. Thread-safe. */
final class Addresses {
  private static final AtomicLong COUNT = new AtomicLong();
  private static final Path DIRECTORY = directory();

  private Addresses() {}

  private static Path directory() {
    try {
      Path made = Files.createTempDirectory("libchan");
      made.toFile().deleteOnExit();
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path file() {
    return DIRECTORY.resolve("s" + COUNT.incrementAndGet());
  }

  static String path() {
    return "unix:" + file();
  }

  static String abstractName() {
    return "unix:@libchan-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
  }
}
