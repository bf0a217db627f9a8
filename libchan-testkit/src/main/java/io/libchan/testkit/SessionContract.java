package io.libchan.testkit;

import io.libchan.Options;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What the contracts about sessions have in common: a bed for each test, and checks after it.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
@ExtendWith({Leaks.class, QuietLog.class})
public abstract class SessionContract {
  /** Multiplies the counts of long tests; {@code -Dlibchan.scale=N}. */
  protected static final int SCALE = Integer.getInteger("libchan.scale", 1);

  /** The sessions of the test under way. */
  protected SessionBed bed;

  /** For subclasses. */
  protected SessionContract() {}

  /** What the contract runs on. */
  protected abstract Subject subject();

  /** Whether the side that acts is the one that listens. */
  protected boolean nearListens() {
    return false;
  }

  @BeforeEach
  void makeBed() {
    bed = new SessionBed(subject(), nearListens());
  }

  @AfterEach
  void closeBed() throws Exception {
    bed.close();
  }

  /** Skips the test on a transport that can't do something. */
  protected final void needs(Capability capability) {
    Assumptions.assumeTrue(
        subject().capabilities().contains(capability), () -> "needs " + capability);
  }

  /** Skips the test in a codec whose messages all have a schema. */
  protected final void needsOpenTypes() {
    Assumptions.assumeTrue(subject().carriesOpenTypes(), "needs open types");
  }

  /** Options that change nothing. */
  protected static UnaryOperator<Options.Builder> plain() {
    return UnaryOperator.identity();
  }
}
