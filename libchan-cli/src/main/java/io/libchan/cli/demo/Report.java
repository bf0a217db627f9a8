package io.libchan.cli.demo;

import java.util.List;

/**
 * What a trial showed.
 *
 * <p>Thread-safe: immutable.
 *
 * @param scheme the transport
 * @param codec the codec's name
 * @param checksPassed how many of {@link Checks#ALL} passed
 * @param failures what failed and why, be it a check or the figures
 * @param rates how fast it was; empty where that failed
 */
record Report(
    String scheme, String codec, int checksPassed, List<Failure> failures, List<Rates> rates) {
  Report {
    failures = List.copyOf(failures);
    rates = List.copyOf(rates);
  }

  /** One thing that failed. */
  record Failure(String what, String why) {}

  boolean passed() {
    return failures.isEmpty() && checksPassed == Checks.ALL.size();
  }
}
