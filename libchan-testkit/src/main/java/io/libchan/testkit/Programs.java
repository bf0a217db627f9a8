package io.libchan.testkit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/** Other people's programs that tests start. Thread-safe. */
public final class Programs {
  private Programs() {}

  /**
   * The path of a program. Fails, and does not skip, where it is missing: this is a test of it.
   *
   * @param debianPackage what to install then
   */
  public static String installed(String name, String debianPackage) {
    for (String folder : (System.getenv("PATH") + ":/usr/sbin").split(File.pathSeparator, -1)) {
      Path file = Path.of(folder, name);
      if (Files.isExecutable(file)) {
        return file.toString();
      }
    }
    throw new AssertionError(
        name + " is missing: apt-get install --no-install-recommends " + debianPackage);
  }
}
