package io.libchan.conformance;

/** The peer does not have what a rule is about. Thread-safe: immutable. */
final class NotApplicable extends Exception {
  private static final long serialVersionUID = 1;

  NotApplicable(String why) {
    super(why);
  }
}
