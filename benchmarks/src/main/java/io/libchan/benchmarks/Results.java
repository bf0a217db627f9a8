package io.libchan.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What was measured, in the order of the rounds. Not thread-safe. */
final class Results {
  private final Map<Cell, List<Measurement>> rows = new LinkedHashMap<>();
  private final List<String> failures = new ArrayList<>();

  /** A place in the tables. */
  record Cell(String suite, Figure figure, String peer) {}

  void add(String suite, String peer, List<Measurement> measurements) {
    for (Measurement measurement : measurements) {
      rows.computeIfAbsent(new Cell(suite, measurement.figure(), peer), cell -> new ArrayList<>())
          .add(measurement);
    }
  }

  /** A cell that has no result. */
  void addFailure(String what) {
    failures.add(what);
  }

  List<String> failures() {
    return failures;
  }

  /** Null if it was not measured. */
  @Nullable Row row(Cell cell) {
    List<Measurement> rounds = rows.get(cell);
    return rounds == null ? null : new Row(rounds);
  }

  /** Those with a row, in their natural order. */
  List<Figure> figures(String suite) {
    TreeSet<Figure> figures = new TreeSet<>();
    for (Cell cell : rows.keySet()) {
      if (cell.suite().equals(suite)) {
        figures.add(cell.figure());
      }
    }
    return List.copyOf(figures);
  }

  /** Those with a row, in the order of the runs. */
  List<String> peers(String suite) {
    return rows.keySet().stream()
        .filter(cell -> cell.suite().equals(suite))
        .map(Cell::peer)
        .distinct()
        .toList();
  }

  /** The rounds of one cell. */
  record Row(List<Measurement> rounds) {
    double[] values() {
      return rounds.stream().mapToDouble(Measurement::value).toArray();
    }

    double median() {
      return median(Measurement::value);
    }

    double cpuMicros() {
      return median(round -> round.cost().cpuMicros());
    }

    double switches() {
      return median(round -> round.cost().switches());
    }

    double allocated() {
      return median(round -> round.cost().allocated());
    }

    double min() {
      return rounds.stream().mapToDouble(Measurement::value).min().orElseThrow();
    }

    double max() {
      return rounds.stream().mapToDouble(Measurement::value).max().orElseThrow();
    }

    private double median(ToDoubleFunction<Measurement> part) {
      double[] sorted = rounds.stream().mapToDouble(part).sorted().toArray();
      int middle = sorted.length / 2;
      return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
  }
}
