package io.libchan.cli;

import io.libchan.cli.conformance.ConformanceCommand;
import io.libchan.cli.conformance.PeerCommand;
import io.libchan.cli.demo.Demo;
import io.libchan.cli.exec.Exec;
import io.libchan.cli.exec.ExecServer;
import io.libchan.cli.gateway.GatewayCommand;
import java.io.PrintWriter;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The {@code libchan} command.
 *
 * <p>Not thread-safe.
 */
@Command(
    name = "libchan",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT, // every command has --help and --version
    versionProvider = Version.class,
    header = "Channels over the network.",
    description = "Each command explains itself: libchan COMMAND --help",
    subcommands = {
      Demo.class,
      Exec.class,
      ExecServer.class,
      GatewayCommand.class,
      ConformanceCommand.class,
      PeerCommand.class
    })
public final class Main implements Runnable {
  // Loggers are held weakly: without a strong reference the level would be forgotten.
  private static final Logger ROOT = Logger.getLogger("");

  /** Commands whose words may belong to a command elsewhere. */
  private static final Set<String> REMOTE = Set.of("exec", "exec-server");

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  private Main() {}

  /**
   * Runs the command and ends the JVM with its exit code.
   *
   * @param args the words after the command's name
   */
  public static void main(String[] args) {
    ROOT.setLevel(Level.SEVERE); // what goes wrong is told in one line, not in a log
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    line.setExpandAtFiles(false); // an argument such as @file belongs to the remote command
    line.setParameterExceptionHandler(
        (mistake, words) -> {
          CommandSpec command = mistake.getCommandLine().getCommandSpec();
          PrintWriter errors = mistake.getCommandLine().getErr();
          errors.println("libchan: " + Lines.of(mistake));
          errors.println("see " + command.qualifiedName() + " --help");
          errors.flush();
          return command.exitCodeOnInvalidInput();
        });
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          command.getErr().println("libchan: " + Lines.of(failure));
          return command.getCommandSpec().exitCodeOnExecutionException();
        });
    // After the first word that is no option, every word belongs to the remote command.
    line.getSubcommands()
        .forEach((name, command) -> command.setStopAtPositional(REMOTE.contains(name)));
    return line;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }
}
