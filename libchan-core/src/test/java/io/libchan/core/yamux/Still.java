package io.libchan.core.yamux;

import io.libchan.spi.Environment;
import java.time.Duration;

/** Time stands still, and nothing is run later. */
final class Still implements Environment {
  @Override
  public long nanoTime() {
    return 0;
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    return () -> {};
  }

  @Override
  public void execute(Runnable task) {}
}
