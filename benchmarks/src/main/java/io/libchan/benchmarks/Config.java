package io.libchan.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The options of a run. */
record Config(int rounds, Duration cell, List<String> peers, @Nullable Path out) {
  static final String USAGE =
      "options: --rounds N (5)  --cell-millis N (700)  --peers a,b (netty-ho,libchan,grpc-tuned)  --out DIR (none)";

  static Config parse(String... args) {
    Config config = new Config(5, Duration.ofMillis(700), Peers.FIRST, null);
    if (args.length % 2 != 0) {
      throw new IllegalArgumentException(USAGE);
    }
    for (int i = 0; i < args.length; i += 2) {
      config = config.with(args[i], args[i + 1]);
    }
    return config;
  }

  private Config with(String option, String value) {
    return switch (option) {
      case "--rounds" -> new Config(positive(value), cell, peers, out);
      case "--cell-millis" -> new Config(rounds, Duration.ofMillis(positive(value)), peers, out);
      case "--peers" -> new Config(rounds, cell, known(List.of(value.split(","))), out);
      case "--out" -> new Config(rounds, cell, peers, Path.of(value));
      default -> throw new IllegalArgumentException(option + " is no option; " + USAGE);
    };
  }

  private static int positive(String value) {
    if (!value.matches("[1-9][0-9]{0,6}")) {
      throw new IllegalArgumentException(value + " is no positive number; " + USAGE);
    }
    return Integer.parseInt(value);
  }

  private static List<String> known(List<String> names) {
    List<String> unknown = new ArrayList<>(names);
    unknown.removeAll(Peers.names());
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException("no peers " + unknown + ", there are " + Peers.names());
    }
    return names;
  }

  /** What the others are compared with. */
  String baseline() {
    return peers.contains(Peers.BASELINE) ? Peers.BASELINE : peers.get(0);
  }

  Duration warmUp() {
    return cell.multipliedBy(3);
  }

  /** Without the folder: results are committed, and machine paths are not. */
  String asOptions() {
    return "--rounds %d --cell-millis %d --peers %s"
        .formatted(rounds, cell.toMillis(), String.join(",", peers));
  }
}
