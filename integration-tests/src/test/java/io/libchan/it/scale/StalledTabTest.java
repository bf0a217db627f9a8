package io.libchan.it.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Rule;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that stops reading one of its channels, over WebSocket. */
final class StalledTabTest {
  private static final int SECONDS = Integer.getInteger("libchan.scale.seconds", 3);
  private static final int HEAP_MEGABYTES = 128;
  private static final long FLAT_BYTES = 8 << 20;

  @Test
  @Timeout(value = 6, unit = TimeUnit.MINUTES)
  @Rule({"MUX-9", "CH-10"})
  void whoStopsReadingOneChannelStopsItsSenderAndNothingElse() throws Exception {
    Duration patience = Duration.ofSeconds(60 + 3L * SECONDS);
    try (Child server =
            Child.start(
                StalledTab.class, HEAP_MEGABYTES, patience, "server", "ws://127.0.0.1:0/tab");
        Child client =
            Child.start(
                StalledTab.class,
                HEAP_MEGABYTES,
                patience,
                "client",
                server.text("uri"),
                String.valueOf(SECONDS))) {
      double ratio = client.figure("ratio");
      double sent = client.figure("sentWhileStalled");
      double growth = client.figure("heapGrowth");
      assertThat(client.figure("lost")).isZero();
      assertThat(client.exit()).isZero();
      assertThat(server.exit()).isZero();
      System.out.printf(
          "stalled tab, %d s: ratio %.2f, server's heap grew by %.0f bytes%n",
          SECONDS, ratio, growth);
      assertThat(ratio).isGreaterThanOrEqualTo(0.5);
      assertThat(sent).isZero();
      assertThat(growth).isLessThan(FLAT_BYTES);
    }
  }
}
