package io.libchan.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** Runs the command inside of the test. Not to be instantiated. */
public final class Commands {
  private Commands() {}

  /**
   * What came of a command.
   *
   * @param status its exit code
   * @param out what it printed
   * @param err what it complained about
   */
  public record Outcome(int status, String out, String err) {}

  /** Runs it with these words. */
  public static Outcome run(String... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    int status = line.execute(words);
    return new Outcome(status, out.toString(), err.toString());
  }
}
