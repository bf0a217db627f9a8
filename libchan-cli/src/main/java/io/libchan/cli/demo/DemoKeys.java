package io.libchan.cli.demo;

import io.libchan.Options;
import io.libchan.cli.tls.Authority;
import io.libchan.cli.tls.TlsFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Keys and certificates made for one run of the demo, in a folder that only this user reads.
 *
 * <p>Thread-safe.
 */
final class DemoKeys implements AutoCloseable {
  private final Path folder;
  private final Path authority;

  DemoKeys() {
    try {
      folder = Files.createTempDirectory("libchan-demo"); // rwx for its owner only
      Authority maker = new Authority("libchan demo");
      authority = write("ca.pem", maker.certificatePem());
      for (String side : List.of("server", "client")) {
        Authority.Identity identity = maker.issue("libchan demo " + side);
        write(side + ".pem", identity.certificatePem());
        write(side + ".key", identity.keyPem());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("can't write the demo's keys", e);
    }
  }

  /** Adds the listening side's certificate, and asks for one of clients. */
  Options.Builder server(Options.Builder options) {
    return with(options, "server");
  }

  /** Adds the connecting side's certificate. */
  Options.Builder client(Options.Builder options) {
    return with(options, "client");
  }

  private Options.Builder with(Options.Builder options, String side) {
    Path certificate = folder.resolve(side + ".pem");
    return TlsFiles.addTo(options, authority, certificate, folder.resolve(side + ".key"));
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("can't remove " + folder, e);
    }
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
