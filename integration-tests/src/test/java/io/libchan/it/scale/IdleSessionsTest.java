package io.libchan.it.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Rule;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many idle sessions over WebSocket on one server. */
final class IdleSessionsTest {
  private static final int COUNT = Integer.getInteger("libchan.scale.sessions", 500);
  private static final Duration PATIENCE = Duration.ofSeconds(60 + COUNT / 10);
  private static final int SERVER_MEGABYTES = 512;
  private static final int CLIENT_MEGABYTES = 2_048;

  /** 5,000 of them are five eighths of {@code -Xmx512m}. */
  private static final double MOST_BYTES = 64 << 10;

  private static final double MOST_BYTES_LEFT = 2_000;

  /** Of Jetty, and of sessions that are just being told something: not one for each. */
  private static final double MOST_THREADS = 250;

  @Test
  @Timeout(value = 12, unit = TimeUnit.MINUTES)
  @Rule({"WS-1", "MUX-12"})
  void anIdleSessionCostsLittleMemoryAndNoThread() throws Exception {
    try (Child server =
            Child.start(
                IdleSessions.class, SERVER_MEGABYTES, PATIENCE, "server", "ws://127.0.0.1:0/idle");
        Child client =
            Child.start(
                IdleSessions.class,
                CLIENT_MEGABYTES,
                PATIENCE,
                "client",
                server.text("uri"),
                String.valueOf(COUNT))) {
      assertThat(client.figure("sessions")).isGreaterThanOrEqualTo(COUNT);
      double bytes = client.figure("bytes");
      double peak = client.figure("peakHeap");
      double threads = client.figure("threads");
      assertThat(client.figure("ended")).isZero();
      assertThat(client.figure("left")).isZero();
      double left = client.figure("leftBytes");
      assertThat(client.exit()).isZero();
      assertThat(server.exit()).isZero();
      System.out.printf(
          "%d idle WebSocket sessions: %.0f bytes each at the server, peak of its heap %.0f MiB,"
              + " %.0f threads%n",
          COUNT, bytes, peak / (1 << 20), threads);
      assertThat(bytes).isLessThan(MOST_BYTES);
      assertThat(left).isLessThan(MOST_BYTES_LEFT);
      assertThat(threads).isLessThan(MOST_THREADS);
    }
  }
}
