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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Of each broken peer the tester says which rule it breaks, and no other. */
abstract class MutantContract {
  private static final Duration PATIENCE = Duration.ofSeconds(4); // the peer's keep-alive takes 3
  private static final int JOBS = 8;

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  /** Which rules are tested; null for all. */
  abstract @Nullable String tested(Mutant mutant);

  /** How many peers are tested at once: more than the machine bears miss their time-outs. */
  abstract int atOnce();

  @Test
  void isNamedByTheRuleThatItBreaks() throws Exception {
    List<Future<?>> runs = new ArrayList<>();
    ExecutorService runners = Executors.newFixedThreadPool(atOnce());
    for (Mutant mutant : Mutant.all()) {
      runs.add(
          runners.submit(
              () -> {
                run(mutant);
                return null;
              }));
    }
    runners.shutdown();
    List<Executable> all = new ArrayList<>();
    runs.forEach(run -> all.add(() -> run.get()));
    org.junit.jupiter.api.Assertions.assertAll(all);
  }

  private void run(Mutant mutant) throws Exception {
    Options.Builder options = ConformancePeer.options(threads);
    Options made = options.limits(mutant.limits().apply(options.build().limits())).build();
    Settings settings = new Settings(PATIENCE, JOBS, tested(mutant), null);
    try (Listener listener =
            Libchan.listen("tcp://127.0.0.1:0", made, new ConformancePeer(threads));
        Middle middle = new Middle(listener.uri(), threads, mutant.defect());
        Conformance conformance = Conformance.to(middle.uri(), settings)) {
      Report report = conformance.run();
      assertThat(report.rules(Outcome.FAIL))
          .as("%s%n%s", mutant, report.table())
          .containsExactly(mutant.rule());
    }
  }
}
