package io.libchan.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class PeersTest {
  private static final Duration SHORT = Duration.ofMillis(5);

  /** Those that open thousands of streams, or move hundreds of megabytes, take too long here. */
  private static final Set<Case> LIGHT =
      EnumSet.complementOf(EnumSet.of(Case.STREAMS, Case.SIZES, Case.HEAP, Case.FILES));

  static List<String> names() {
    return Peers.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyCaseRunsTwiceAndRecordsOutOfPlaceAreNoticed(String name) throws Exception {
    try (Peer peer = Peers.start(name)) {
      for (int run = 0; run < 2; run++) {
        for (Case each : LIGHT) {
          for (Measurement measurement : each.run(peer, SHORT)) {
            boolean positive = measurement.value() > 0;
            assertTrue(
                positive || measurement.figure() == Figure.ALLOCATION, measurement::toString);
          }
        }
      }
      if (!name.startsWith("rsocket")) { // it pulls, so there is nothing to send
        sendOutOfPlace(peer);
      }
    }
  }

  private static void sendOutOfPlace(Peer peer) throws Exception {
    try (Peer.OneWay way = peer.oneWay()) {
      assertNotNull(way);
      way.send(Samples.at(1));
      way.send(Samples.at(0));
      assertEquals(new Received(2, 2), way.end());
    }
  }
}
