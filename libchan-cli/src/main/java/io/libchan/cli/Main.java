package io.libchan.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code libchan} command. Not thread-safe. */
@Command(name = "libchan", mixinStandardHelpOptions = true)
public final class Main implements Runnable {
  private Main() {}

  /**
   * Runs the command and ends the JVM with its exit code.
   *
   * @param args the words after the command's name
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }
}
