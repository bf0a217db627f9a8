package io.libchan.cli.tls;

import io.libchan.Options;
import io.libchan.tls.TlsOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * From PEM files to the options of TLS.
 *
 * <p>Thread-safe.
 */
public final class TlsFiles {
  private TlsFiles() {}

  /**
   * Adds the options of TLS for these files.
   *
   * @param options where to
   * @param authorities whom to trust; a listening side then admits no client without a certificate
   *     from them. Null: whom the JDK trusts, and every client
   * @param certificate the own certificate and its chain; null for none
   * @param key the certificate's private key
   * @return the builder
   * @throws IllegalArgumentException if a file can't be read, or only one of certificate and key is
   *     given
   */
  public static Options.Builder addTo(
      Options.Builder options,
      @Nullable Path authorities,
      @Nullable Path certificate,
      @Nullable Path key) {
    TlsOptions.Builder tls = TlsOptions.builder();
    if (authorities != null) {
      tls.trust(readable(authorities));
    }
    if (certificate != null && key != null) {
      tls.key(readable(certificate), readable(key));
    } else if (certificate != null || key != null) {
      throw new IllegalArgumentException("--tls-cert and --tls-key go together");
    }
    return options.with(tls.build());
  }

  private static Path readable(Path file) {
    if (!Files.isReadable(file)) {
      throw new IllegalArgumentException("can't read " + file);
    }
    return file;
  }
}
