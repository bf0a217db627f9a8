package io.libchan.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.conformance.peer.ConformancePeer;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** This library keeps the rules that its tester sees. */
final class JavaPeerTest {
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();

  @AfterAll
  static void stop() {
    THREADS.shutdownNow();
  }

  @Test
  void passesAsListener() throws Exception {
    ConformancePeer peer = new ConformancePeer(THREADS);
    try (Listener listener =
            Libchan.listen("tcp://127.0.0.1:0", ConformancePeer.options(THREADS).build(), peer);
        Conformance conformance = Conformance.to(listener.uri().toString(), Settings.DEFAULTS)) {
      Report report = conformance.run();
      System.out.println(report.table());
      assertThat(report.passed()).as(report.table()).isTrue();
    }
  }
}
