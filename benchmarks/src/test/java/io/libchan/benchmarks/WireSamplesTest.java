package io.libchan.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class WireSamplesTest {
  @Test
  void aSampleSurvivesTheWayThroughProtobuf() {
    for (int i = 0; i < Samples.COUNT; i++) {
      assertEquals(Samples.at(i), WireSamples.fromWire(WireSamples.toWire(Samples.at(i))));
    }
  }
}
