package io.libchan.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.conformance.peer.ConformancePeer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** This library keeps the rules that the tester sees. */
final class JavaPeerTest {
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();

  @AfterAll
  static void stop() {
    THREADS.shutdownNow();
  }

  @Test
  void passesAsListener() throws Exception {
    try (Listener listener = listener();
        Conformance conformance = Conformance.to(listener.uri().toString(), Settings.DEFAULTS)) {
      Report report = conformance.run();
      assertThat(report.passed()).as(report.table()).isTrue();
      assertThat(report.rules(Outcome.NOTE)).as("SHOULD").isEmpty();
      assertThat(report.rules(Outcome.PASS)).hasSizeGreaterThan(90);
    }
  }

  @Test
  void passesAsConnectingSide() throws Exception {
    Settings defaults = Settings.DEFAULTS;
    Settings settings = new Settings(defaults.patience(), defaults.jobs(), "CTL", null);
    Future<?> peer;
    try (Conformance conformance = Conformance.at("tcp://127.0.0.1:0", settings)) {
      String uri = conformance.uri();
      peer =
          THREADS.submit(
              () -> {
                new ConformancePeer(THREADS).connect(uri, ConformancePeer.options(THREADS).build());
                return null;
              });
      Report report = conformance.run();
      assertThat(report.passed()).as(report.table()).isTrue();
    }
    assertThat(peer.get()).as("it ends when nobody listens any more").isNull();
  }

  @Test
  void everyCaseIsOfARuleOfTheSpecification() {
    Map<String, String> rules = Rules.all();
    List<String> unknown =
        Cases.all().stream().map(Case::rule).filter(rule -> !rules.containsKey(rule)).toList();
    assertThat(unknown).isEmpty();
  }

  private static Listener listener() throws Exception {
    return Libchan.listen(
        "tcp://127.0.0.1:0",
        ConformancePeer.options(THREADS).build(),
        new ConformancePeer(THREADS));
  }
}
