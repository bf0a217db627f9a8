package io.libchan.cli.demo;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code libchan demo}: one small program over every transport of this build.
 *
 * <p>Not thread-safe.
 */
@Command(
    name = "demo",
    header = "Run one small program over every transport of this build.",
    description = "Exits with 0 only if every check passed on every transport.")
public final class Demo implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Option(
      names = "--transport",
      paramLabel = "SCHEME",
      description = "Only this transport, such as tcp; may be repeated.")
  private final Set<String> schemes = new LinkedHashSet<>();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "1",
      description = "How long to measure each figure; ${DEFAULT-VALUE} by default.")
  private int seconds = 1;

  /** For picocli. */
  public Demo() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    List<Report> reports = new ArrayList<>();
    Table.head(out);
    try (DemoKeys keys = new DemoKeys()) {
      for (Endpoint endpoint : chosen()) {
        Report report = new Trial(endpoint, keys, Duration.ofSeconds(seconds)).run();
        Table.row(out, report);
        reports.add(report);
      }
    }
    Table.failures(out, reports);
    return reports.stream().allMatch(Report::passed) ? 0 : 1;
  }

  private List<Endpoint> chosen() {
    if (seconds < 1) {
      throw new ParameterException(spec.commandLine(), "--seconds must be at least 1");
    }
    List<Endpoint> present = Endpoint.present();
    List<String> names = present.stream().map(Endpoint::scheme).toList();
    for (String scheme : schemes) {
      if (!names.contains(scheme)) {
        throw new ParameterException(
            spec.commandLine(), "no transport " + scheme + " in this build; there are " + names);
      }
    }
    if (present.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "no transport in this build");
    }
    return present.stream()
        .filter(endpoint -> schemes.isEmpty() || schemes.contains(endpoint.scheme()))
        .toList();
  }
}
