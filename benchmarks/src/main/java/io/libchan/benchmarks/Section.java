package io.libchan.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of the report.
 *
 * @param suite whose results it shows
 * @param baseline what the ratios are to
 */
record Section(String suite, String title, String baseline) {
  /** In their order. */
  static final List<Section> ALL = all();

  private static List<Section> all() {
    List<Section> all = new ArrayList<>();
    for (Suite suite : Suite.ALL) {
      all.add(new Section(suite.name(), suite.title(), suite.baseline()));
    }
    all.add(
        new Section(
            JmhSuites.MEMORY, "Between two threads of one process", "array-blocking-queue"));
    all.add(
        new Section(
            JmhSuites.MEMORY_VIRTUAL, "Between two virtual threads", "array-blocking-queue"));
    all.add(new Section(JmhSuites.CODECS, "Codecs, one record", "protobuf-alone"));
    return List.copyOf(all);
  }

  /** Of this figure: where the queue of the others has no such form, it is another one's. */
  String baseline(Figure figure) {
    return figure == Figure.RENDEZVOUS ? "synchronous-queue" : baseline;
  }
}
