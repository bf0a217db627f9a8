package io.libchan.it.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Rule;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A receiver that never reads slows nobody down and fills no memory. */
final class StalledNeighbourTest {
  private static final int SECONDS = Integer.getInteger("libchan.scale.seconds", 3);
  private static final int HEAP_MEGABYTES = 128;

  @Test
  @Timeout(value = 6, unit = TimeUnit.MINUTES)
  @Rule({"MUX-9", "CH-10"})
  void aStalledReceiverSlowsNobodyAndFillsNoMemory() throws Exception {
    Duration patience = Duration.ofSeconds(30 + 4L * SECONDS);
    try (Child server = Child.start(StalledNeighbour.class, HEAP_MEGABYTES, patience, "server");
        Child client =
            Child.start(
                StalledNeighbour.class,
                HEAP_MEGABYTES,
                patience,
                "client",
                server.text("uri"),
                String.valueOf(SECONDS))) {
      double ratio = client.figure("ratio");
      double sent = client.figure("sent");
      client.figure("usedHeap");
      assertThat(client.exit()).isZero();
      assertThat(server.exit()).isZero();
      assertThat(server.figure("received")).isEqualTo(sent);
      server.figure("usedHeap");
      System.out.printf("stalled neighbour, %d s: ratio %.2f%n", SECONDS, ratio);
      assertThat(ratio).isGreaterThanOrEqualTo(0.7);
    }
  }
}
