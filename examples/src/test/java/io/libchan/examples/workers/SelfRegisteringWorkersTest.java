package io.libchan.examples.workers;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.examples.workers.Messages.Job;
import io.libchan.examples.workers.Messages.Result;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Waits;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({Leaks.class, QuietLog.class})
final class SelfRegisteringWorkersTest {
  @Test
  void everyJobIsDoneAlthoughAWorkerDiesOverTcp() throws Exception {
    expectAllDone(SelfRegisteringWorkers.run("tcp://127.0.0.1:0"));
  }

  @Test
  void everyJobIsDoneAlthoughAWorkerDiesInsideOneProcess() throws Exception {
    expectAllDone(SelfRegisteringWorkers.run("inmem:" + UUID.randomUUID()));
  }

  private static void expectAllDone(List<Result> results) {
    assertThat(results).hasSize(12);
    for (int i = 0; i < results.size(); i++) {
      assertThat(results.get(i).number()).isEqualTo(i);
      assertThat(results.get(i).words()).isEqualTo(2 * i + 1);
      assertThat(results.get(i).worker()).isIn("ada", "bob");
    }
  }

  @Test
  @SuppressWarnings("try") // a worker needs no more than to be there
  void aWorkerThatRetiresFinishesItsJobAndGetsNoMore() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch finish = new CountDownLatch(1);
    try (Dispatcher dispatcher = new Dispatcher("tcp://127.0.0.1:0");
        WorkerNode old =
            new WorkerNode(
                dispatcher.uri(),
                "old",
                job -> {
                  begun.countDown();
                  finish.await();
                  return WorkerNode.count(job, "old");
                })) {
      CompletableFuture<Result> last = dispatcher.submit(new Job(1, "the last job"));
      begun.await();
      CompletableFuture<Boolean> retiring =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return old.retire(Waits.BOUND);
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      Waits.until("no worker", () -> dispatcher.workers() == 0);
      assertThat(last).isNotDone();
      finish.countDown();
      assertThat(Waits.value(last)).isEqualTo(new Result(1, 3, "old"));
      assertThat(Waits.value(retiring)).isTrue();
      try (WorkerNode young = WorkerNode.counting(dispatcher.uri(), "young")) {
        assertThat(Waits.value(dispatcher.submit(new Job(2, "a job"))))
            .isEqualTo(new Result(2, 2, "young"));
      }
    }
  }
}
