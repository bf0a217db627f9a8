package io.libchan.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.conformance.peer.ConformancePeer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Of each broken peer the tester says which rule it breaks, and no other. */
abstract class MutantContract {
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();
  private static final Duration PATIENCE = Duration.ofSeconds(4); // the peer's keep-alive takes 3
  private static final int JOBS = 8;

  @AfterAll
  static void stop() {
    THREADS.shutdownNow();
  }

  /** Which rules are tested; null for all. */
  abstract @Nullable String tested(Mutant mutant);

  @Test
  void isNamedByTheRuleThatItBreaks() throws Exception {
    List<Future<?>> runs = new ArrayList<>();
    for (Mutant mutant : Mutant.all()) {
      runs.add(
          THREADS.submit(
              () -> {
                run(mutant);
                return null;
              }));
    }
    List<Executable> all = new ArrayList<>();
    runs.forEach(run -> all.add(() -> run.get()));
    org.junit.jupiter.api.Assertions.assertAll(all);
  }

  private void run(Mutant mutant) throws Exception {
    Options.Builder options = ConformancePeer.options(THREADS);
    Options made = options.limits(mutant.limits().apply(options.build().limits())).build();
    Settings settings = new Settings(PATIENCE, JOBS, tested(mutant), null);
    try (Listener listener =
            Libchan.listen("tcp://127.0.0.1:0", made, new ConformancePeer(THREADS));
        Middle middle = new Middle(listener.uri(), THREADS, mutant.defect());
        Conformance conformance = Conformance.to(middle.uri(), settings)) {
      Report report = conformance.run();
      assertThat(report.rules(Outcome.FAIL))
          .as("%s%n%s", mutant, report.table())
          .containsExactly(mutant.rule());
    }
  }
}
