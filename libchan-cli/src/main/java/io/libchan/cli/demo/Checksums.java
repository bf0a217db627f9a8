package io.libchan.cli.demo;

import io.libchan.cli.demo.Messages.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Sums up streams of bytes.
 *
 * <p>Thread-safe.
 */
final class Checksums {
  private Checksums() {}

  /** Reads the stream to its end and closes it. */
  static Digest of(InputStream data) throws IOException {
    MessageDigest digest = sha256();
    long bytes = 0;
    byte[] buffer = new byte[64 * 1024];
    try (data) {
      for (int count = data.read(buffer); count >= 0; count = data.read(buffer)) {
        digest.update(buffer, 0, count);
        bytes += count;
      }
    }
    return new Digest(HexFormat.of().formatHex(digest.digest()), bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
