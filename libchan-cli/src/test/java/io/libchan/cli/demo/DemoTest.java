package io.libchan.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The demo, short. */
final class DemoTest {
  @ParameterizedTest
  @MethodSource("io.libchan.cli.demo.Endpoint#present")
  void everyCheckPassesOnEveryTransport(Endpoint endpoint) throws Exception {
    try (DemoKeys keys = new DemoKeys()) {
      Report report = new Trial(endpoint, keys, Duration.ofMillis(100)).run();
      assertThat(report.failures()).isEmpty();
      assertThat(report.checksPassed()).isEqualTo(Checks.ALL.size());
      assertThat(report.rates()).hasSize(1);
    }
  }
}
