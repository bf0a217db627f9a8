package io.libchan.benchmarks;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What was measured, by figure and peer, in the order of the rounds. Not thread-safe. */
final class Results {
  private final Map<Figure, Map<String, List<Measurement>>> all = new EnumMap<>(Figure.class);

  void add(String peer, List<Measurement> measurements) {
    for (Measurement measurement : measurements) {
      all.computeIfAbsent(measurement.figure(), figure -> new LinkedHashMap<>())
          .computeIfAbsent(peer, name -> new ArrayList<>())
          .add(measurement);
    }
  }

  /** Whether there is such a row. */
  boolean has(Figure figure, String peer) {
    return all.getOrDefault(figure, Map.of()).containsKey(peer);
  }

  Row row(Figure figure, String peer) {
    List<Measurement> rounds = all.getOrDefault(figure, Map.of()).get(peer);
    if (rounds == null) {
      throw new IllegalArgumentException("no " + figure + " of " + peer);
    }
    return new Row(rounds);
  }

  /** The rounds of one figure for one peer. */
  record Row(List<Measurement> rounds) {
    double[] values() {
      return rounds.stream().mapToDouble(Measurement::value).toArray();
    }

    double median() {
      return median(Measurement::value);
    }

    double cpuMicros() {
      return median(Measurement::cpuMicros);
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
