package io.libchan.spi;

import java.io.Serial;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A lock that is held for well under a microsecond each time, but by several threads for each
 * message: who finds it taken looks again a few times, as parking and being woken would take far
 * longer. Thread-safe.
 */
public final class BriefLock extends ReentrantLock {
  @Serial private static final long serialVersionUID = 1;

  private static final int LOOKS = 64;

  /** Not taken. */
  public BriefLock() {}

  @Override
  public void lock() {
    for (int left = LOOKS; left > 0; left--) {
      if (tryLock()) {
        return;
      }
      Thread.onSpinWait();
    }
    super.lock();
  }
}
