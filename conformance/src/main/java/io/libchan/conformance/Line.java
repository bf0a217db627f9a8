package io.libchan.conformance;

import java.util.List;

/**
 * What came of one rule.
 *
 * <p>Thread-safe: immutable.
 *
 * @param rule the rule's number, or {@code service} and {@code connection}, which all rules need
 * @param sentence what it says
 * @param findings what came of its cases
 */
public record Line(String rule, String sentence, List<Finding> findings) {
  /** A copy of the list is kept. */
  public Line {
    findings = List.copyOf(findings);
  }

  /** The worst of its cases. */
  public Outcome outcome() {
    return findings.stream().map(Finding::outcome).max(Outcome::compareTo).orElse(Outcome.UNSEEN);
  }
}
