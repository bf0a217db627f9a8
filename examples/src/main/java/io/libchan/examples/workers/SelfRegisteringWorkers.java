package io.libchan.examples.workers;

import io.libchan.examples.workers.Messages.Job;
import io.libchan.examples.workers.Messages.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/**
 * Three workers, twelve jobs; one worker dies with a job in its hands. Everything runs in this
 * process, over TCP; a worker in another process or on another machine differs by its address.
 *
 * <pre>{@code mvn -q -Dquick -pl examples -am test -Dtest=SelfRegisteringWorkersTest}</pre>
 */
public final class SelfRegisteringWorkers {
  private static final int JOBS = 12;

  private SelfRegisteringWorkers() {}

  /** Runs the example and prints who did what. */
  public static void main(String[] args) throws Exception {
    run("tcp://127.0.0.1:0").forEach(System.out::println);
  }

  /** Runs the example on an address; the results in the order of the jobs. */
  @SuppressWarnings("try") // two of the workers need no more than to be there
  static List<Result> run(String uri) throws IOException, InterruptedException {
    CountDownLatch doomed = new CountDownLatch(1);
    try (Dispatcher dispatcher = new Dispatcher(uri);
        WorkerNode frail =
            new WorkerNode(
                dispatcher.uri(),
                "frail",
                job -> {
                  doomed.countDown(); // it got a job, and will never be done with it
                  new CountDownLatch(1).await();
                  return WorkerNode.count(job, "frail");
                });
        WorkerNode ada = WorkerNode.counting(dispatcher.uri(), "ada");
        WorkerNode bob = WorkerNode.counting(dispatcher.uri(), "bob")) {
      List<CompletableFuture<Result>> results = new ArrayList<>();
      for (int number = 0; number < JOBS; number++) {
        results.add(dispatcher.submit(new Job(number, "some words ".repeat(number) + "more")));
      }
      doomed.await();
      frail.die();
      return results.stream().map(CompletableFuture::join).toList();
    }
  }
}
