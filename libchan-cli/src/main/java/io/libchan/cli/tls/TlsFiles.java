package io.libchan.cli.tls;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * From PEM files to the transport's options.
 *
 * <p>Thread-safe.
 */
public final class TlsFiles {
  private TlsFiles() {}

  /**
   * The options for these files.
   *
   * @throws IllegalArgumentException if a file can't be read, or only one of certificate and key is
   *     given
   */
  public static Object options(
      @Nullable Path ca,
      @Nullable Path certificate,
      @Nullable Path key,
      boolean clientCertificateRequired) {
    if ((certificate == null) != (key == null)) {
      throw new IllegalArgumentException("--tls-cert and --tls-key go together");
    }
    for (Path file : new Path[] {ca, certificate, key}) {
      if (file != null && !Files.isReadable(file)) {
        throw new IllegalArgumentException("can't read " + file);
      }
    }
    throw new IllegalArgumentException("TLS is not wired yet");
  }
}
