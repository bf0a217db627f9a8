package io.libchan.cli.exec;

import io.libchan.Options;
import java.time.Duration;
import picocli.CommandLine.Option;

/**
 * After how much silence the peer counts as gone.
 *
 * <p>Not thread-safe.
 */
final class KeepAlive {
  @Option(
      names = "--keep-alive",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description =
          "Ask a silent peer for a sign of life after so long, and give it up after as long again;"
              + " ${DEFAULT-VALUE} by default.")
  private int seconds = 3;

  void addTo(Options.Builder options) {
    Duration patience = Duration.ofSeconds(seconds);
    options.keepAlive(patience, patience);
  }
}
