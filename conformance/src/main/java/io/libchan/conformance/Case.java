package io.libchan.conformance;

/**
 * One thing to look at.
 *
 * @param rule the rule that it tests
 * @param title what is done, for people
 * @param should whether the rule only says SHOULD
 */
record Case(String rule, String title, boolean should, Script script) {}
