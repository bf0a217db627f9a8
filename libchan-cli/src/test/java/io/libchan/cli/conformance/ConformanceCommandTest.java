package io.libchan.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.cli.Commands;
import io.libchan.conformance.peer.ConformancePeer;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** The command's words; what it finds is tested in its own module. */
final class ConformanceCommandTest {
  @Test
  void printsTheTableOrJsonOfAPeerThatListens() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (Listener listener =
        Libchan.listen(
            "tcp://127.0.0.1:0",
            ConformancePeer.options(threads).build(),
            new ConformancePeer(threads))) {
      String uri = listener.uri().toString();
      Commands.Outcome table = Commands.run("conformance", uri, "--rule", "MUX-11");
      assertThat(table.out()).contains("MUX-11     pass").contains("1 pass, 0 FAIL");
      assertThat(table.status()).isZero();
      Commands.Outcome json = Commands.run("conformance", "--json", "--rule", "CH-12", uri);
      assertThat(json.out()).startsWith("[{\"rule\": \"CH-12\", \"outcome\": \"pass\"");
      Commands.Outcome frames = Commands.run("conformance", "--verbose", "--rule", "CTL-8", uri);
      assertThat(frames.err()).contains("-> WINDOW_UPDATE SYN on stream 1", "HELLO of");
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aPeerThatIsNotThereIsToldInALine() {
    Commands.Outcome outcome = Commands.run("conformance", "tcp://127.0.0.1:1");
    assertThat(outcome.status()).isEqualTo(125);
    assertThat(outcome.err().lines())
        .containsExactly("libchan: no connection to tcp://127.0.0.1:1: Connection refused");
    assertThat(outcome.out()).isEmpty();
  }

  @Test
  void aPeerThatCantBeTestedIsToldInAFewLines() throws Exception {
    try (Listener listener = Libchan.listen("tcp://127.0.0.1:0", Options.DEFAULTS, session -> {})) {
      Commands.Outcome outcome =
          Commands.run("conformance", "--wait", "1", listener.uri().toString());
      assertThat(outcome.status()).isEqualTo(1);
      assertThat(outcome.out()).contains("service    FAIL").contains("0 pass, 1 FAIL");
      assertThat(outcome.out().lines()).hasSizeLessThan(10);
    }
  }

  @Test
  void mistakesAreToldInALine() {
    assertThat(Commands.run("conformance", "http://127.0.0.1:1").err()).contains("tcp://host:port");
    assertThat(Commands.run("conformance", "--rule", "XYZ-1", "tcp://127.0.0.1:1").err())
        .contains("no rule XYZ-1");
    assertThat(Commands.run("conformance").status()).isEqualTo(125);
  }
}
