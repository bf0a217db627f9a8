package io.libchan.it.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Rule;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Very many nested channels open at once on one session, each used, all closed, and all again: the
 * limit of streams is as high as one time needs, so nothing of the first may be left.
 */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
final class ManyChannelsTest {
  private static final int COUNT = Integer.getInteger("libchan.scale.channels", 20_000);
  private static final Duration PATIENCE = Duration.ofSeconds(30 + COUNT / 1_000);

  // Both ends of a channel, with all that it holds while idle, are about 2,000 bytes.
  private static final double MOST_BYTES_OF_BOTH_ENDS = 3_000;
  private static final double MOST_BYTES_LEFT = 400;

  /** 512 MiB for 100,000 channels, and as much for each when there are fewer. */
  private static final int HEAP_MEGABYTES = Math.max(96, COUNT / 1_000 * 512 / 100);

  @Test
  @Rule({"CTL-7", "ATT-1", "PRE-8"})
  void bothEndsInOneProcess() throws Exception {
    try (Child both = start("both")) {
      double idle = both.figure("first.idle.bothBytes");
      assertThat(idle).isLessThan(MOST_BYTES_OF_BOTH_ENDS);
      assertThat(both.figure("first.left.bothBytes")).isLessThan(MOST_BYTES_LEFT);
      assertThat(both.figure("second.left.bothBytes")).isLessThan(MOST_BYTES_LEFT);
      both.text("end");
      assertThat(both.figure("sessions")).isZero();
      assertThat(both.exit()).isZero();
      System.out.printf("%d channels, one process: %.0f bytes each%n", COUNT, idle);
    }
  }

  @Test
  @Rule({"CTL-7", "ATT-1", "PRE-8"})
  void oneEndInEachOfTwoProcesses() throws Exception {
    try (Child server = start("server");
        Child client = start("client", server.text("uri"))) {
      double there = client.figure("first.idle.serverBytes");
      double here = client.figure("first.idle.clientBytes");
      assertThat(there + here).isLessThan(MOST_BYTES_OF_BOTH_ENDS);
      assertThat(client.figure("second.left.serverBytes")).isLessThan(MOST_BYTES_LEFT);
      assertThat(client.figure("second.left.clientBytes")).isLessThan(MOST_BYTES_LEFT);
      client.text("end");
      assertThat(client.exit()).isZero();
      assertThat(server.exit()).isZero();
      assertThat(server.figure("sessions")).isZero();
      System.out.printf(
          "%d channels, two processes: %.0f bytes each at the server, %.0f at the client%n",
          COUNT, there, here);
    }
  }

  private static Child start(String role, String... more) throws Exception {
    String[] args = new String[2 + more.length];
    args[0] = role;
    args[1] = String.valueOf(COUNT);
    System.arraycopy(more, 0, args, 2, more.length);
    return Child.start(ManyChannels.class, HEAP_MEGABYTES, PATIENCE, args);
  }
}
