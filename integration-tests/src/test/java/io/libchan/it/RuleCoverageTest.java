package io.libchan.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
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
 * Which rules of the specification have a test or a vector that names them: {@code spec/rules.md},
 * which this test writes when {@code -Dlibchan.renew} is given. Reads the sources as text, so that
 * no module has to be built for it. A MUST that nothing names, a table that is not up to date, and
 * a test that names a rule which does not exist fail the build.
 */
final class RuleCoverageTest {
  private static final Path ROOT = Path.of(System.getProperty("libchan.root", "..")).normalize();
  private static final Path TABLE = ROOT.resolve("spec/rules.md");
  private static final Path VECTORS = ROOT.resolve("spec/vectors");
  private static final String RENEW =
      "mvn -q -Dquick -pl integration-tests -am test -Dtest=RuleCoverageTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dlibchan.renew";
  private static final List<String> SPECIFICATIONS =
      List.of("spec/protocol.md", "spec/gateway.md", "spec/spdy.md");

  private static final Pattern ROW =
      Pattern.compile("^\\| *([A-Z][A-Z0-9]*-\\d+) *\\|([^|]*)\\|", Pattern.MULTILINE);
  private static final Pattern ANNOTATION = Pattern.compile("@Rule\\(([^)]*)\\)");
  private static final Pattern LITERAL = Pattern.compile("\"([^\"]*)\"");
  private static final Pattern VECTOR_RULES = Pattern.compile("\"rules\": *\\[([^\\]]*)\\]");
  private static final Pattern MENTION = Pattern.compile("\\b([A-Z][A-Z0-9]{1,3})-\\d+\\b");

  /** Where a rule is named: the test class, by its file. */
  private final Map<String, Set<String>> tests = new TreeMap<>();

  private final List<String> unknown = new ArrayList<>();
  private final Map<String, List<String>> rulesOf = new HashMap<>();

  @Test
  void everyMustHasATestAndTheTableSaysWhich() throws IOException {
    Map<String, String> rules = rules();
    assertThat(rules).hasSizeGreaterThan(50);
    for (Path source : testSources()) {
      scan(source, rules);
    }
    for (Path vectors : vectors()) {
      scanVectors(vectors, rules);
    }
    assertThat(unknown).as("rules that tests name and no specification has").isEmpty();
    assertThat(tests).isNotEmpty();
    String table = table(rules);
    if (System.getProperty("libchan.renew") != null) {
      Files.writeString(TABLE, table);
    }
    assertThat(uncovered(rules))
        .as("MUST rules that neither @Rule of a test nor a vector names")
        .isEmpty();
    String committed = Files.exists(TABLE) ? Files.readString(TABLE) : "";
    assertThat(lines(committed))
        .as("spec/rules.md is not up to date; this renews it: %s", RENEW)
        .isEqualTo(lines(table));
  }

  private static List<String> lines(String text) {
    return text.lines().toList();
  }

  /** The sentences of all rules, by number, in the order of the specifications. */
  private Map<String, String> rules() throws IOException {
    Map<String, String> rules = new java.util.LinkedHashMap<>();
    for (String specification : SPECIFICATIONS) {
      Matcher rows = ROW.matcher(Files.readString(ROOT.resolve(specification)));
      while (rows.find()) {
        String before = rules.put(rows.group(1), rows.group(2).strip());
        assertThat(before).as("a second rule %s", rows.group(1)).isNull();
        rulesOf.computeIfAbsent(specification, none -> new ArrayList<>()).add(rows.group(1));
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

  private static List<Path> vectors() throws IOException {
    try (Stream<Path> files = Files.walk(VECTORS)) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
  }

  private void scanVectors(Path file, Map<String, String> rules) throws IOException {
    String name = VECTORS.relativize(file).toString().replace('\\', '/');
    Matcher lists = VECTOR_RULES.matcher(Files.readString(file));
    while (lists.find()) {
      Matcher literals = LITERAL.matcher(lists.group(1));
      while (literals.find()) {
        note(literals.group(1), name, rules);
      }
    }
  }

  /**
   * Tests, the contracts of the test kit, which are tests of whoever extends them, and the cases of
   * the conformance runner, which its tests run against this library.
   */
  private static boolean isTest(Path file) {
    String path = "/" + file.toString().replace('\\', '/');
    return path.contains("/src/test/")
        || path.contains("/libchan-testkit/src/main/")
        || (path.contains("/conformance/src/main/") && path.endsWith("Cases.java"));
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

  private List<String> uncovered(Map<String, String> rules) {
    return rules.keySet().stream()
        .filter(rule -> isMust(rules, rule) && !tests.containsKey(rule))
        .toList();
  }

  private static boolean isMust(Map<String, String> rules, String rule) {
    return rules.getOrDefault(rule, "").contains("MUST");
  }

  private String table(Map<String, String> rules) {
    StringBuilder page = new StringBuilder();
    page.append("# Rules, and the tests that name them\n\n")
        .append("Generated; `")
        .append(RENEW)
        .append("` renews it. Tests are classes, or files of\n")
        .append("[vectors](vectors/README.md). The build fails on a MUST that has none.\n");
    for (String specification : SPECIFICATIONS) {
      page.append("\n## ").append(specification.replace("spec/", "")).append("\n\n");
      page.append("| rule | MUST | tests |\n|---|---|---|\n");
      for (String rule : rulesOf.getOrDefault(specification, List.of())) {
        page.append("| ")
            .append(rule)
            .append(isMust(rules, rule) ? " | yes | " : " | | ")
            .append(String.join(", ", tests.getOrDefault(rule, Set.of())))
            .append(" |\n");
      }
    }
    return page.toString();
  }
}
