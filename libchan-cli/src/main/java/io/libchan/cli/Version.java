package io.libchan.cli;

import picocli.CommandLine.IVersionProvider;

/**
 * What {@code --version} prints.
 *
 * <p>Thread-safe.
 */
public final class Version implements IVersionProvider {
  /** For picocli. */
  public Version() {}

  @Override
  public String[] getVersion() {
    String version = Main.class.getPackage().getImplementationVersion();
    return new String[] {
      "libchan " + (version == null ? "(not from a jar)" : version),
      "Java " + Runtime.version() + ", " + System.getProperty("java.vm.name")
    };
  }
}
