package io.libchan.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Puts the results of a run between two marks of {@code docs/performance.md}. */
final class Publication {
  static final Path DOCUMENT = Path.of("docs", "performance.md");
  static final String BEGIN = "<!-- results: written by Bench --publish, not by hand -->\n";
  static final String END = "<!-- end of results -->\n";

  private Publication() {}

  /** To be called in the root of the repository. */
  static void publish(Path run) throws IOException {
    String results = Files.readString(run.resolve("results.md"));
    Files.writeString(DOCUMENT, merged(Files.readString(DOCUMENT), results, run));
  }

  static String merged(String document, String results, Path run) {
    int begin = document.indexOf(BEGIN);
    int end = document.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException("the document has no place for results");
    }
    String folder = "../" + run.toString().replace('\\', '/') + "/";
    String part =
        results
            .replaceAll("(?m)^#", "##")
            .replaceAll("(!\\[[^]]*]\\()", "$1" + folder)
            .replaceFirst("## Results", "## Results of `" + run.getFileName() + "`");
    return document.substring(0, begin + BEGIN.length())
        + "\n"
        + part
        + "\n"
        + document.substring(end);
  }
}
