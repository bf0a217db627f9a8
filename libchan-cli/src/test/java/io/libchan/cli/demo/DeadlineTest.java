package io.libchan.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Options;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How the demo tells what went wrong. */
final class DeadlineTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final Executor threads = Options.DEFAULTS.executor();

  @Test
  void whatEndsInTimeIsNoFailure() throws Exception {
    assertThat(Deadline.run(threads, LONG, () -> {})).isEmpty();
  }

  @Test
  void aThrowIsTold() throws Exception {
    Deadline.Body body =
        () -> {
          throw new IllegalStateException("expected 1, got 2");
        };
    assertThat(Deadline.run(threads, LONG, body))
        .isEqualTo("IllegalStateException: expected 1, got 2");
  }

  @Test
  void whatHangsIsInterruptedAndItsPlaceTold() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    Deadline.Body body =
        () -> {
          try {
            new CountDownLatch(1).await();
          } finally {
            interrupted.countDown();
          }
        };
    assertThat(Deadline.run(threads, Duration.ofMillis(50), body))
        .startsWith("not done after 50 ms, waits in ")
        .contains("DeadlineTest");
    assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aFailedCheckIsPrintedWithItsTransport() {
    Report.Failure failure = new Report.Failure("rendezvous", "expected 1, got 2");
    Report report = new Report("tcp", "json", 8, List.of(failure), List.of());
    StringWriter text = new StringWriter();
    Table.row(new PrintWriter(text), report);
    Table.failures(new PrintWriter(text), List.of(report));
    assertThat(report.passed()).isFalse();
    assertThat(text.toString())
        .contains("FAILED tcp: rendezvous: expected 1, got 2")
        .contains("8/" + Checks.ALL.size());
  }
}
