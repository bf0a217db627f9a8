package io.libchan.conformance;

/**
 * What came of one case.
 *
 * <p>Thread-safe: immutable.
 *
 * @param title what was done
 * @param outcome what came of it
 * @param expected what was expected; empty if that is what was seen
 * @param seen what was seen instead, or why the case does not apply
 */
public record Finding(String title, Outcome outcome, String expected, String seen) {}
