package io.libchan.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A {@link Worker} as the benchmark sees it. One that hangs is ended. Not thread-safe. */
final class WorkerProcess implements AutoCloseable {
  private static final Duration GRACE = Duration.ofSeconds(40);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final PrintStream orders;
  private final BufferedReader answers;
  private final ExecutorService reading = Executors.newSingleThreadExecutor(Threads.named("read"));

  private WorkerProcess(Process process) {
    this.process = process;
    this.orders = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    this.answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Starts one for this peer, with what it prints in a file; returns when the peer is there. */
  static WorkerProcess start(String peer, File log) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms256m",
                "-Xmx2g",
                "-XX:+UseG1GC", // which Java does not choose on a machine that looks small
                "-cp",
                System.getProperty("java.class.path"),
                Worker.class.getName(),
                peer)
            .redirectError(ProcessBuilder.Redirect.appendTo(log))
            .start();
    WorkerProcess worker = new WorkerProcess(process);
    try {
      worker.answer(Duration.ZERO);
      return worker;
    } catch (IOException e) {
      worker.close();
      throw e;
    }
  }

  /** Runs a cell; an exception says that this peer has no result for it. */
  List<Measurement> run(Case what, Duration time) throws IOException, InterruptedException {
    orders.println(what + " " + time.toMillis());
    return answer(time.multipliedBy(10)).measurements(); // a cell may be of several parts
  }

  private Worker.Answer answer(Duration time) throws IOException, InterruptedException {
    long millis = time.plus(GRACE).toMillis();
    try {
      String line = reading.submit(answers::readLine).get(millis, TimeUnit.MILLISECONDS);
      if (line == null) {
        throw new IOException("the process has ended");
      }
      Worker.Answer answer = JSON.readValue(line, Worker.Answer.class);
      if (!answer.failure().isEmpty()) {
        throw new IOException(answer.failure());
      }
      return answer;
    } catch (TimeoutException e) {
      process.destroyForcibly();
      throw new IOException("no answer for " + millis + " ms", e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  @Override
  public void close() throws InterruptedException {
    orders.close();
    if (!process.waitFor(5, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    reading.shutdownNow();
  }
}
