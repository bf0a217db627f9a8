package io.libchan.cli.tls;

import io.libchan.transport.netty.TlsOptions;
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
   * @param authorities whom to trust; a listening side then admits no client without a certificate
   *     from them. Null: whom the JDK trusts, and every client
   * @param certificate the own certificate and its chain; null for none
   * @param key the certificate's private key
   * @return the options
   * @throws IllegalArgumentException if a file can't be read, or only one of certificate and key is
   *     given
   */
  public static TlsOptions options(
      @Nullable Path authorities, @Nullable Path certificate, @Nullable Path key) {
    TlsOptions.Builder options = TlsOptions.builder();
    if (authorities != null) {
      options.trust(readable(authorities));
    }
    if (certificate != null && key != null) {
      options.key(readable(certificate), readable(key));
    } else if (certificate != null || key != null) {
      throw new IllegalArgumentException("--tls-cert and --tls-key go together");
    }
    return options.build();
  }

  private static Path readable(Path file) {
    if (!Files.isReadable(file)) {
      throw new IllegalArgumentException("can't read " + file);
    }
    return file;
  }
}
