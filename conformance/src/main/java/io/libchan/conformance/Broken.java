package io.libchan.conformance;

/**
 * A rule that the peer broke: which, what it asks for here, and what came.
 *
 * <p>Thread-safe: immutable.
 */
final class Broken extends Exception {
  private static final long serialVersionUID = 1;

  final String rule;
  final String expected;
  final String seen;

  Broken(String rule, String expected, String seen) {
    super(rule + ": expected " + expected + "; seen: " + seen);
    this.rule = rule;
    this.expected = expected;
    this.seen = seen;
  }
}
