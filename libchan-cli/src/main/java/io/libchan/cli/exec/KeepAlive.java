package io.libchan.cli.exec;

import io.libchan.Options;
import java.time.Duration;
import picocli.CommandLine.Option;

/**
 * After how much silence the peer counts as gone.
 *
 * <p>Not thread-safe.
 */
public final class KeepAlive {
  @Option(
      names = "--keep-alive",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description =
          "Ask a silent peer for a sign of life after so long, and give it up after as long again;"
              + " ${DEFAULT-VALUE} by default.")
  private int seconds = 3;

  /** For picocli. */
  public KeepAlive() {}

  /**
   * Adds it.
   *
   * @param options where to
   * @throws IllegalArgumentException if it is not positive
   */
  public void addTo(Options.Builder options) {
    if (seconds < 1) {
      throw new IllegalArgumentException("--keep-alive must be at least 1 second");
    }
    Duration patience = Duration.ofSeconds(seconds);
    options.keepAlive(patience, patience);
  }
}
