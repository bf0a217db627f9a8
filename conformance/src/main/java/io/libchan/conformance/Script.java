package io.libchan.conformance;

/** What a case does. */
@FunctionalInterface
interface Script {
  void run(Tester tester) throws Exception;
}
