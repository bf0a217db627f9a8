package io.libchan.cli.tls;

import io.libchan.Options;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The TLS options of a listening side.
 *
 * <p>Not thread-safe.
 */
public final class ServerTls {
  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "PEM file of the server's certificate and its chain.")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "PEM file of the private key of --tls-cert.")
  private @Nullable Path key;

  @Option(
      names = "--tls-client-ca",
      paramLabel = "FILE",
      description = "Admit only clients with a certificate from the authorities in this PEM file.")
  private @Nullable Path clientCa;

  /** For picocli. */
  public ServerTls() {}

  /**
   * Whether clients have to show a certificate.
   *
   * @return whether there are authorities for them
   */
  public boolean asksForCertificates() {
    return clientCa != null;
  }

  /**
   * Adds what was given.
   *
   * @param options where to
   */
  public void addTo(Options.Builder options) {
    if (clientCa != null || certificate != null || key != null) {
      Options.Builder unused = TlsFiles.addTo(options, clientCa, certificate, key);
    }
  }
}
