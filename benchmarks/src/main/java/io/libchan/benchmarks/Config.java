package io.libchan.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The options of a run.
 *
 * @param full all peers and longer cells
 * @param suites names of {@link Suite} and {@link JmhSuites}
 * @param peers runs these only; empty for all
 * @param java21 home of a JDK with virtual threads, for the cases that need them
 */
record Config(
    boolean full,
    int rounds,
    Duration cell,
    List<String> suites,
    List<String> peers,
    @Nullable Path java21,
    @Nullable Path out) {
  private static final Duration QUICK_WARM_UP = Duration.ofMillis(2500);
  private static final Duration FULL_WARM_UP = Duration.ofMillis(5000);

  static final String USAGE =
      """
      options: --set quick|full (quick)  --suites a,b (all)  --peers a,b (all)  --rounds N (3; full: 5)
               --cell-millis N (300; full: 700)  --java21 HOME (this one if it is new enough)  --out DIR (none)
               --publish DIR (nothing is measured: its results go into docs/performance.md)\
      """;

  static Config parse(String... args) {
    if (args.length % 2 != 0) {
      throw new IllegalArgumentException(USAGE);
    }
    boolean full = List.of(args).contains("full");
    Config config =
        new Config(
            full,
            full ? 5 : 3,
            Duration.ofMillis(full ? 700 : 300),
            suiteNames(),
            List.of(),
            Runtime.version().feature() < 21 ? null : Path.of(System.getProperty("java.home")),
            null);
    for (int i = 0; i < args.length; i += 2) {
      config = config.with(args[i], args[i + 1]);
    }
    return config;
  }

  private Config with(String option, String value) {
    return switch (option) {
      case "--set" -> {
        among(List.of("quick", "full"), List.of(value));
        yield this;
      }
      case "--rounds" -> new Config(full, positive(value), cell, suites, peers, java21, out);
      case "--cell-millis" ->
          new Config(full, rounds, Duration.ofMillis(positive(value)), suites, peers, java21, out);
      case "--suites" ->
          new Config(full, rounds, cell, among(suiteNames(), list(value)), peers, java21, out);
      case "--peers" ->
          new Config(full, rounds, cell, suites, among(Peers.names(), list(value)), java21, out);
      case "--java21" -> new Config(full, rounds, cell, suites, peers, Path.of(value), out);
      case "--out" -> new Config(full, rounds, cell, suites, peers, java21, Path.of(value));
      default -> throw new IllegalArgumentException(option + " is no option; " + USAGE);
    };
  }

  private static int positive(String value) {
    if (!value.matches("[1-9][0-9]{0,6}")) {
      throw new IllegalArgumentException(value + " is no positive number; " + USAGE);
    }
    return Integer.parseInt(value);
  }

  private static List<String> list(String value) {
    return List.of(value.split(","));
  }

  private static List<String> among(List<String> known, List<String> chosen) {
    List<String> unknown = new ArrayList<>(chosen);
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException("there is no " + unknown + " among " + known);
    }
    return chosen;
  }

  private static List<String> suiteNames() {
    return Stream.concat(Suite.ALL.stream().map(Suite::name), JmhSuites.NAMES.stream()).toList();
  }

  /**
   * Long enough for the compiler to be done with the slowest to warm up, which libchan is not.
   * Parts of one case warm each other up.
   */
  Duration warmUp(Case what) {
    return (full ? FULL_WARM_UP : QUICK_WARM_UP).dividedBy(Math.min(3, what.parts()));
  }

  /** Without the folders: results are committed, and machine paths are not. */
  String asOptions() {
    return "--set %s --rounds %d --cell-millis %d --suites %s%s"
        .formatted(
            full ? "full" : "quick",
            rounds,
            cell.toMillis(),
            String.join(",", suites),
            peers.isEmpty() ? "" : " --peers " + String.join(",", peers));
  }
}
