package io.libchan.conformance;

/** With the rules of the group that is broken. */
final class MutantTest extends MutantContract {
  @Override
  String tested(Mutant mutant) {
    return mutant.rule().substring(0, mutant.rule().indexOf('-'));
  }

  @Override
  int atOnce() {
    return 9; // they wait for the peer's time-outs most of the time
  }
}
