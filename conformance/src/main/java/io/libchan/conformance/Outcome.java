package io.libchan.conformance;

/** What came of a rule, the worst last. Thread-safe: immutable. */
public enum Outcome {
  /** It can't be seen from outside, or is of another binding or codec. */
  UNSEEN("unseen"),
  /** The peer does not have what the rule is about. */
  NOT_APPLICABLE("n/a"),
  /** Every case saw what it expected. */
  PASS("pass"),
  /** A rule that only says SHOULD is not kept. */
  NOTE("note"),
  /** Another rule was broken on the way. */
  UNTESTED("untested"),
  /** A case saw something else than it expected. */
  FAIL("FAIL");

  private final String word;

  Outcome(String word) {
    this.word = word;
  }

  /** How it stands in the table. */
  public String word() {
    return word;
  }
}
