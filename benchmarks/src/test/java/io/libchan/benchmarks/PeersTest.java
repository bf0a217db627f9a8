package io.libchan.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
final class PeersTest {
  private static final Duration SHORT = Duration.ofMillis(20);

  static List<String> names() {
    return Peers.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyCaseRunsTwiceAndItsCountsAgree(String name) throws Exception {
    try (Peer peer = Peers.start(name)) {
      for (int run = 0; run < 2; run++) {
        for (Case each : Case.values()) {
          for (Measurement measurement : each.run(peer, SHORT)) {
            assertTrue(measurement.value() > 0, measurement::toString);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void farEndCountsWhatWasSent(String name) throws Exception {
    try (Peer peer = Peers.start(name);
        Peer.OneWay way = peer.oneWay()) {
      for (int i = 0; i < 3000; i++) {
        way.send(Samples.at(i));
      }
      assertEquals(new Received(3000, 0), way.end());
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void farEndNoticesRecordsOutOfPlace(String name) throws Exception {
    try (Peer peer = Peers.start(name);
        Peer.OneWay way = peer.oneWay()) {
      way.send(Samples.at(1));
      way.send(Samples.at(0));
      assertEquals(new Received(2, 2), way.end());
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void repliesCarryTheIdThatWasSent(String name) throws Exception {
    try (Peer peer = Peers.start(name);
        Peer.PingPong pingPong = peer.pingPong();
        Peer.Opens opens = peer.opens()) {
      assertEquals(7, pingPong.exchange(Samples.at(7)));
      assertEquals(8, opens.once(Samples.at(8)));
    }
  }
}
