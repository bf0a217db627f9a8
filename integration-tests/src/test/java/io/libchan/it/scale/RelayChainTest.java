package io.libchan.it.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Rule;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A slow consumer behind five relays fills no memory, and gets everything in order. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
final class RelayChainTest {
  private static final int RELAYS = 5;
  private static final long COUNT = 1_000_000;
  private static final int HEAP_MEGABYTES = 64;

  // All six sessions with their buffers; a hop may hold a window and a turn of 64 KiB.
  private static final double MOST_GROWTH_BYTES = 12 * 1024 * 1024;

  @Test
  @Rule({"FWD-4", "FWD-5"})
  void aSlowConsumerBehindFiveRelaysFillsNoMemory() throws Exception {
    try (Child chain =
        Child.start(
            RelayChain.class,
            HEAP_MEGABYTES,
            Duration.ofMinutes(3),
            String.valueOf(RELAYS),
            String.valueOf(COUNT))) {
      double first = chain.figure("heap");
      double most = first;
      for (int i = 1; i < 10; i++) {
        most = Math.max(most, chain.figure("heap"));
      }
      assertThat(chain.figure("received")).isEqualTo(COUNT);
      double rate = chain.figure("perSecond");
      assertThat(most - first).isLessThan(MOST_GROWTH_BYTES);
      chain.text("usedHeap");
      assertThat(chain.exit()).isZero();
      System.out.printf(
          "%d messages through %d relays: %.0f/s, heap %.1f MB after a tenth, at most %.1f MB%n",
          COUNT, RELAYS, rate, first / 1e6, most / 1e6);
    }
  }
}
