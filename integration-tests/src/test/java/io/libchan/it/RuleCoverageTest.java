package io.libchan.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Which rules of the specification have a test that names them. Reads the sources as text, so that
 * no module has to be built for it. Writes {@code coverage.md} into the build folder and prints the
 * MUST rules that no test names; a test that names a rule which is not in the specification fails.
 */
final class RuleCoverageTest {
  private static final Path ROOT = Path.of(System.getProperty("libchan.root", "..")).normalize();
  private static final Path OUTPUT = Path.of(System.getProperty("libchan.output", "target"));
  private static final List<String> SPECIFICATIONS =
      List.of("spec/protocol.md", "spec/gateway.md", "spec/spdy.md");

  private static final Pattern ROW =
      Pattern.compile("^\\| *([A-Z][A-Z0-9]*-\\d+) *\\|([^|]*)\\|", Pattern.MULTILINE);
  private static final Pattern ANNOTATION = Pattern.compile("@Rule\\(([^)]*)\\)");
  private static final Pattern LITERAL = Pattern.compile("\"([^\"]*)\"");
  private static final Pattern MENTION = Pattern.compile("\\b([A-Z][A-Z0-9]{1,3})-\\d+\\b");

  /** Where a rule is named: the test class, by its file. */
  private final Map<String, Set<String>> tests = new TreeMap<>();

  private final List<String> unknown = new ArrayList<>();

  @Test
  void everyRuleThatATestNamesExists() throws IOException {
    Map<String, String> rules = rules();
    assertThat(rules).hasSizeGreaterThan(50);
    for (Path source : testSources()) {
      scan(source, rules);
    }
    report(rules);
    assertThat(unknown).as("rules that tests name and no specification has").isEmpty();
    assertThat(tests).isNotEmpty();
  }

  /** The sentences of all rules, by number, in the order of the specifications. */
  private static Map<String, String> rules() throws IOException {
    Map<String, String> rules = new java.util.LinkedHashMap<>();
    for (String specification : SPECIFICATIONS) {
      Matcher rows = ROW.matcher(Files.readString(ROOT.resolve(specification)));
      while (rows.find()) {
        String before = rules.put(rows.group(1), rows.group(2).strip());
        assertThat(before).as("a second rule %s", rows.group(1)).isNull();
      }
    }
    return rules;
  }

  private static List<Path> testSources() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(file -> file.toString().endsWith(".java") && isTest(ROOT.relativize(file)))
          .filter(file -> !file.getFileName().toString().equals("RuleCoverageTest.java"))
          .sorted()
          .toList();
    }
  }

  /** Tests, and the contracts of the test kit, which are tests of whoever extends them. */
  private static boolean isTest(Path file) {
    String path = "/" + file.toString().replace('\\', '/');
    return path.contains("/src/test/") || path.contains("/libchan-testkit/src/main/");
  }

  private void scan(Path file, Map<String, String> rules) throws IOException {
    String text = Files.readString(file);
    String name = file.getFileName().toString().replace(".java", "");
    Matcher annotations = ANNOTATION.matcher(text);
    while (annotations.find()) {
      Matcher literals = LITERAL.matcher(annotations.group(1));
      while (literals.find()) {
        note(literals.group(1), name, rules);
      }
    }
    Set<String> families =
        rules.keySet().stream().map(RuleCoverageTest::family).collect(Collectors.toSet());
    Matcher mentions = MENTION.matcher(text);
    while (mentions.find()) {
      if (families.contains(mentions.group(1))) {
        note(mentions.group(), name, rules);
      }
    }
  }

  private void note(String rule, String test, Map<String, String> rules) {
    if (rules.containsKey(rule)) {
      tests.computeIfAbsent(rule, none -> new TreeSet<>()).add(test);
    } else {
      unknown.add(rule + " in " + test);
    }
  }

  private static String family(String rule) {
    return rule.substring(0, rule.indexOf('-'));
  }

  private void report(Map<String, String> rules) throws IOException {
    StringBuilder page =
        new StringBuilder(
            "# Rules and the tests that name them\n\n| rule | MUST | tests |\n|---|---|---|\n");
    List<String> uncovered = new ArrayList<>();
    int musts = 0;
    for (Map.Entry<String, String> rule : rules.entrySet()) {
      boolean must = rule.getValue().contains("MUST");
      Set<String> by = tests.getOrDefault(rule.getKey(), Set.of());
      musts += must ? 1 : 0;
      if (must && by.isEmpty()) {
        uncovered.add(rule.getKey());
      }
      page.append("| ")
          .append(rule.getKey())
          .append(must ? " | yes | " : " | | ")
          .append(String.join(", ", by))
          .append(" |\n");
    }
    Files.createDirectories(OUTPUT);
    Files.writeString(OUTPUT.resolve("coverage.md"), page);
    System.out.printf(
        "rules: %d, of them %d MUST; %d MUST without a test: %s%n",
        rules.size(), musts, uncovered.size(), String.join(" ", uncovered));
  }
}
