import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamReader;

/**
 * Prints how many tests each module ran in this build, and fails if a module with test sources ran
 * none.
 *
 * <p>Usage: {@code java TestReport.java <root> <target> <start>}. Reports older than the start of
 * the build are those of earlier builds and do not count.
 */
final class TestReport {
  private static final String ROW = "%-28s %7s %9s %7s %8s%n";

  private record Counts(int tests, int failures, int errors, int skipped) {
    static final Counts NONE = new Counts(0, 0, 0, 0);

    Counts plus(Counts other) {
      return new Counts(
          tests + other.tests,
          failures + other.failures,
          errors + other.errors,
          skipped + other.skipped);
    }

    void print(String name) {
      System.out.printf(ROW, name, tests, failures, errors, skipped);
    }
  }

  private TestReport() {}

  public static void main(String[] args) throws Exception {
    Path root = Path.of(args[0]).toRealPath();
    Instant start = Instant.parse(args[2]);
    List<String> silent = new ArrayList<>();
    Counts total = Counts.NONE;

    System.out.printf(ROW, "module", "tests", "failures", "errors", "skipped");
    for (Path module : modules(root)) {
      Counts counts = count(module.resolve(args[1]).resolve("surefire-reports"), start);
      boolean hasTests = hasJava(module.resolve("src/test/java"));
      if (!hasTests && counts.tests == 0) {
        continue;
      }
      String name = root.relativize(module).toString();
      counts.print(name);
      total = total.plus(counts);
      if (counts.tests - counts.skipped <= 0) {
        silent.add(name);
      }
    }
    total.print("total");

    if (!silent.isEmpty()) {
      System.out.println("has test sources but ran no test: " + String.join(", ", silent));
      System.exit(1);
    }
  }

  private static List<Path> modules(Path root) throws IOException {
    try (Stream<Path> files = Files.find(root, 3, (file, facts) -> file.endsWith("pom.xml"))) {
      return files
          .map(Path::getParent)
          .filter(module -> !("/" + root.relativize(module) + "/").contains("/target/"))
          .sorted()
          .toList();
    }
  }

  private static boolean hasJava(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(".java"));
    }
  }

  private static Counts count(Path reports, Instant start) throws Exception {
    Counts sum = Counts.NONE;
    if (!Files.isDirectory(reports)) {
      return sum;
    }
    try (Stream<Path> files = Files.list(reports)) {
      for (Path file : files.sorted().toList()) {
        if (file.getFileName().toString().matches("TEST-.*\\.xml")
            && !Files.getLastModifiedTime(file).toInstant().isBefore(start)) {
          sum = sum.plus(read(file));
        }
      }
    }
    return sum;
  }

  /**
   * Counts the test cases one by one: the sums at the top of a report cover only one engine when
   * JUnit and jqwik share a class.
   */
  private static Counts read(Path file) throws Exception {
    Counts sum = Counts.NONE;
    try (InputStream in = Files.newInputStream(file)) {
      XMLStreamReader xml = XMLInputFactory.newFactory().createXMLStreamReader(in);
      while (xml.hasNext()) {
        if (xml.next() == XMLStreamConstants.START_ELEMENT) {
          sum =
              switch (xml.getLocalName()) {
                case "testcase" -> sum.plus(new Counts(1, 0, 0, 0));
                case "failure" -> sum.plus(new Counts(0, 1, 0, 0));
                case "error" -> sum.plus(new Counts(0, 0, 1, 0));
                case "skipped" -> sum.plus(new Counts(0, 0, 0, 1));
                default -> sum;
              };
        }
      }
    }
    return sum;
  }
}
