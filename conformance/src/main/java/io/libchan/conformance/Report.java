package io.libchan.conformance;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What came of a run, rule by rule.
 *
 * <p>Thread-safe: immutable.
 *
 * @param lines one for each rule, in the order of the specification
 */
public record Report(List<Line> lines) {
  private static final int WIDTH = 78;

  /** A copy of the list is kept. */
  public Report {
    lines = List.copyOf(lines);
  }

  /** Whether no rule was broken, and none could not be tested. */
  public boolean passed() {
    return lines.stream().allMatch(line -> line.outcome().compareTo(Outcome.UNTESTED) < 0);
  }

  /** The rules with this outcome. */
  public List<String> rules(Outcome outcome) {
    return lines.stream().filter(line -> line.outcome() == outcome).map(Line::rule).toList();
  }

  /** The table for people. */
  public String table() {
    StringBuilder table = new StringBuilder();
    for (Line line : lines) {
      table.append(
          String.format(
              Locale.ROOT,
              "%-10s %-8s %s%n",
              line.rule(),
              line.outcome().word(),
              shortened(line.sentence())));
      Set<String> told = new HashSet<>();
      for (Finding finding : line.findings()) {
        boolean same = finding.outcome() == Outcome.UNTESTED && !told.add(finding.seen());
        if (finding.outcome() != Outcome.PASS && !same) {
          tell(table, finding);
        }
      }
    }
    return table.append(System.lineSeparator()).append(sum()).toString();
  }

  private static void tell(StringBuilder table, Finding finding) {
    String nl = System.lineSeparator();
    table
        .append("           ")
        .append(finding.title())
        .append(": ")
        .append(finding.outcome().word());
    if (!finding.expected().isEmpty()) {
      table.append(nl).append("             expected ").append(finding.expected());
      table.append(nl).append("             seen     ").append(finding.seen());
    } else if (!finding.seen().isEmpty()) {
      table.append(", ").append(finding.seen());
    }
    table.append(nl);
  }

  private static String shortened(String sentence) {
    return sentence.length() <= WIDTH ? sentence : sentence.substring(0, WIDTH - 3) + "...";
  }

  /** One line: how many rules have which outcome. */
  public String sum() {
    Map<Outcome, Long> counts =
        lines.stream().collect(Collectors.groupingBy(Line::outcome, Collectors.counting()));
    StringBuilder sum = new StringBuilder();
    for (Outcome outcome :
        List.of(
            Outcome.PASS,
            Outcome.FAIL,
            Outcome.UNTESTED,
            Outcome.NOTE,
            Outcome.NOT_APPLICABLE,
            Outcome.UNSEEN)) {
      sum.append(sum.isEmpty() ? "" : ", ");
      sum.append(counts.getOrDefault(outcome, 0L)).append(' ').append(outcome.word());
    }
    long cases = lines.stream().mapToLong(line -> line.findings().size()).sum();
    return sum.append("; ")
        .append(cases)
        .append(" cases")
        .append(System.lineSeparator())
        .toString();
  }

  /** The same for machines: an array of rules, each with its cases. */
  public String json() {
    return lines.stream()
        .map(
            line ->
                "{\"rule\": "
                    + quoted(line.rule())
                    + ", \"outcome\": "
                    + quoted(line.outcome().word())
                    + ", \"cases\": ["
                    + line.findings().stream().map(Report::json).collect(Collectors.joining(", "))
                    + "]}")
        .collect(
            Collectors.joining(
                "," + System.lineSeparator() + " ", "[", "]" + System.lineSeparator()));
  }

  private static String json(Finding finding) {
    return "{\"title\": "
        + quoted(finding.title())
        + ", \"outcome\": "
        + quoted(finding.outcome().word())
        + ", \"expected\": "
        + quoted(finding.expected())
        + ", \"seen\": "
        + quoted(finding.seen())
        + "}";
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char one = text.charAt(i);
      if (one == '"' || one == '\\') {
        out.append('\\').append(one);
      } else if (one < ' ' || Character.isSurrogate(one)) {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) one));
      } else {
        out.append(one);
      }
    }
    return out.append('"').toString();
  }
}
