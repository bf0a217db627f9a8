package io.libchan.cli.gateway;

import io.libchan.Options;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * A secret that both sides know.
 *
 * <p>Not thread-safe.
 */
final class CredentialsFile {
  private static final int MAX_BYTES = 4096;

  @Option(
      names = "--credentials",
      paramLabel = "FILE",
      description =
          "A file whose first line is a secret that both sides have; only who shows it is served."
              + " Without TLS others on the way can read it.")
  private @Nullable Path file;

  boolean isGiven() {
    return file != null;
  }

  /** Shows the secret to the listening side. */
  void show(Options.Builder options) {
    if (file != null) {
      options.credentials(secret(file));
    }
  }

  /** Admits only who shows the secret. */
  void demand(Options.Builder options) {
    if (file != null) {
      byte[] secret = secret(file);
      options.authenticator(attempt -> MessageDigest.isEqual(secret, attempt.credentials()));
    }
  }

  private static byte[] secret(Path file) {
    try {
      String line = Files.readString(file).lines().findFirst().orElse("").strip();
      byte[] secret = line.getBytes(StandardCharsets.UTF_8);
      if (secret.length == 0 || secret.length > MAX_BYTES) {
        throw new IllegalArgumentException(
            "the first line of " + file + " must have 1 to " + MAX_BYTES + " bytes");
      }
      return secret;
    } catch (IOException e) {
      throw new IllegalArgumentException("can't read " + file, e);
    }
  }
}
