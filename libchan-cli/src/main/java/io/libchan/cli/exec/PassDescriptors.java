package io.libchan.cli.exec;

import io.libchan.DescriptorPolicy;
import io.libchan.Options;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Whether standard streams are passed as descriptors over Unix sockets.
 *
 * <p>Not thread-safe.
 */
final class PassDescriptors {
  @Option(
      names = "--descriptors",
      paramLabel = "POLICY",
      description =
          "Over unix: pass open descriptors with a peer of the same user (the default), always where"
              + " that works (prefer), or not at all (never); require fails where it does not work.")
  private @Nullable String policy;

  /**
   * Adds it.
   *
   * @throws IllegalArgumentException if there is no such policy
   */
  void addTo(Options.Builder options) {
    String wanted = policy;
    if (wanted != null) {
      try {
        options.descriptorPolicy(DescriptorPolicy.valueOf(wanted.toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "--descriptors must be prefer, require or never, not " + wanted, e);
      }
    }
  }
}
