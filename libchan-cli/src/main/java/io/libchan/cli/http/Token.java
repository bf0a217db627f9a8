package io.libchan.cli.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A bearer token of the command line, where others may see it, or of a file. */
final class Token {
  private static final String FILE = "file:";

  private Token() {}

  static String of(String given) {
    String token = given;
    if (given.startsWith(FILE)) {
      Path file = Path.of(given.substring(FILE.length()));
      try {
        token = Files.readString(file).lines().findFirst().orElse("").strip();
      } catch (IOException e) {
        throw new IllegalArgumentException("can't read " + file, e);
      }
    }
    if (token.isEmpty()) {
      throw new IllegalArgumentException("the bearer token is empty");
    }
    return token;
  }
}
