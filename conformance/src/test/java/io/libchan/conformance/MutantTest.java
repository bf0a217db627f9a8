package io.libchan.conformance;

/** With the rules of the group that is broken. */
final class MutantTest extends MutantContract {
  @Override
  String tested(Mutant mutant) {
    return mutant.rule().substring(0, mutant.rule().indexOf('-'));
  }
}
