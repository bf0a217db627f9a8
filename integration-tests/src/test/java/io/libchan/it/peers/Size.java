package io.libchan.it.peers;

import java.nio.file.Files;
import java.nio.file.Path;

/** How much a port is. Not to be instantiated. */
final class Size {
  static final int MOST = 300;

  private Size() {}

  /** The lines of its files that are neither empty nor a comment. */
  static long lines(Port port) throws Exception {
    long count = 0;
    for (Path file : port.files(port.ending)) {
      count +=
          Files.readAllLines(file).stream()
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("#") && !line.startsWith("//"))
              .count();
    }
    return count;
  }
}
