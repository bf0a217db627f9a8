package io.libchan.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.conformance.Conformance;
import io.libchan.conformance.Report;
import io.libchan.conformance.Settings;
import java.nio.file.Path;
import java.time.Duration;
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
  // Most cases wait for silence or a time-out.
  private static final Settings SETTINGS = new Settings(Duration.ofSeconds(5), 16, null, null);

  @ParameterizedTest
  @EnumSource
  void aPortThatListens(Port port) throws Exception {
    try (Peer peer = Peer.start(port, Path.of("peer" + port.ending), "listen", "0");
        Conformance conformance = Conformance.to(peer.line(), SETTINGS)) {
      Report report = conformance.run();
      assertThat(report.passed()).as(report.table()).isTrue();
    }
  }
}
