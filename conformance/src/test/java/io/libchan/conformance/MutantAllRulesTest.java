package io.libchan.conformance;

import org.jspecify.annotations.Nullable;

/** With every rule there is; in the long build, as it takes a while. */
final class MutantAllRulesTest extends MutantContract {
  @Override
  @Nullable String tested(Mutant mutant) {
    return null;
  }

  @Override
  int atOnce() {
    return 3;
  }
}
