package io.libchan.cli.conformance;

import io.libchan.cli.Lines;
import io.libchan.conformance.Conformance;
import io.libchan.conformance.Report;
import io.libchan.conformance.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code libchan conformance}: asks a peer rule by rule.
 *
 * <p>Not thread-safe.
 */
@Command(
    name = "conformance",
    header = "Test any implementation of the wire against its rules.",
    description =
        "Speaks the wire byte by byte, right and wrong, and prints a table: pass, FAIL with what"
            + " was expected and seen, n/a, or unseen from outside. What the peer has to offer for"
            + " it is in spec/conformance.md. The exit status is 0 if no rule was broken, 1 if one"
            + " was.",
    sortOptions = false,
    exitCodeOnInvalidInput = ConformanceCommand.FAILED)
public final class ConformanceCommand implements Callable<Integer> {
  private static final int BROKEN = 1;
  static final int FAILED = 125;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  /** Where the peer is; one of the two. */
  static final class Where {
    @Parameters(
        paramLabel = "URI",
        description = "Where the peer listens: tcp://host:port, tls://host:port or unix:/path.")
    private @Nullable String uri;

    @Option(
        names = "--listen",
        paramLabel = "URI",
        description =
            "Wait for a peer that connects, at tcp://host:port; port 0 takes a free one, and the"
                + " first line says which.")
    private @Nullable String listen;
  }

  @ArgGroup(multiplicity = "1")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private Where where;

  @Option(
      names = "--rule",
      paramLabel = "ID",
      description = "Test one rule, such as MUX-7, or a group, such as MUX.")
  private @Nullable String rule;

  @Option(names = "--json", description = "Print the outcome for machines.")
  private boolean json;

  @Option(names = "--verbose", description = "Print cases and frames as they go, one at a time.")
  private boolean verbose;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description =
          "How long one step waits; longer than the peer's time-outs. By default ${DEFAULT-VALUE}.")
  private int wait;

  /** For picocli. */
  public ConformanceCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter output = spec.commandLine().getOut();
    try (Conformance conformance = conformance(output)) {
      Report report = conformance.run();
      output.print(json ? report.json() : report.table());
      output.flush();
      return report.passed() ? 0 : BROKEN;
    } catch (IOException | IllegalArgumentException e) {
      PrintWriter errors = spec.commandLine().getErr();
      errors.println("libchan: " + Lines.of(e));
      errors.flush();
      return FAILED;
    }
  }

  private Conformance conformance(PrintWriter output) throws IOException {
    Consumer<String> trace = verbose ? spec.commandLine().getErr()::println : null;
    Settings settings =
        new Settings(Duration.ofSeconds(wait), Settings.DEFAULTS.jobs(), rule, trace);
    if (where.listen == null) {
      return Conformance.to(String.valueOf(where.uri), settings);
    }
    Conformance conformance = Conformance.at(where.listen, settings);
    output.println(conformance.uri());
    output.flush();
    return conformance;
  }
}
