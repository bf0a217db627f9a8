package io.libchan.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.conformance.Conformance;
import io.libchan.conformance.Report;
import io.libchan.conformance.Settings;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each port keeps every rule that can be seen from outside, with the short time-outs that the
 * tester asks for.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class ConformanceTest {
  @ParameterizedTest
  @EnumSource
  void aPortThatListens(Port port) throws Exception {
    try (Peer peer = Peer.start(port, Path.of("peer" + port.ending), "listen", "0");
        Conformance conformance = Conformance.to(peer.line(), Settings.DEFAULTS)) {
      Report report = conformance.run();
      assertThat(report.passed()).as(report.table()).isTrue();
    }
  }
}
