package io.libchan.cli.tls;

import io.libchan.Options;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The TLS options of a connecting side.
 *
 * <p>Not thread-safe.
 */
public final class ClientTls {
  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description = "PEM file of the authorities to trust; the JDK's own by default.")
  private @Nullable Path ca;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "PEM file of the certificate to show, and its chain.")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "PEM file of the private key of --tls-cert.")
  private @Nullable Path key;

  /** For picocli. */
  public ClientTls() {}

  /**
   * Adds what was given.
   *
   * @param options where to
   */
  public void addTo(Options.Builder options) {
    if (ca != null || certificate != null || key != null) {
      Options.Builder unused = TlsFiles.addTo(options, ca, certificate, key);
    }
  }
}
