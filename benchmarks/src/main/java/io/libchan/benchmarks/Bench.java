package io.libchan.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Is libchan ahead of what a user would pick instead? Every case beside its alternatives in one
 * run, on one machine, with the same record and the same guarantee, and counts that are checked.
 *
 * <pre>
 * mvn -q -pl benchmarks -am package -DskipTests
 * java -jar benchmarks/target/libchan-benchmarks.jar --out benchmarks/results/quick
 * java -jar benchmarks/target/libchan-benchmarks.jar --set full --out benchmarks/results/full
 * </pre>
 *
 * <p>Each peer has a process of its own, with server and client on separate threads. After a
 * warm-up come rounds; a round runs every case for every peer in turn, and each round starts with
 * another peer, so that what else happens on the machine meets all of them. A cell whose records
 * did not all arrive, or that hangs, has no result, and the run ends with exit code 1.
 */
final class Bench {
  private final Config config;
  private final Results results = new Results();
  private final File log;
  private final StringJoiner lines = new StringJoiner("; ");

  private Bench(Config config, File log) {
    this.config = config;
    this.log = log;
  }

  public static void main(String[] args) {
    System.exit(exitCode(args));
  }

  private static int exitCode(String... args) {
    try {
      if (args.length == 2 && args[0].equals("--publish")) {
        Publication.publish(Path.of(args[1]));
        return 0;
      }
      Config config = Config.parse(args);
      File log = File.createTempFile("libchan-bench", ".log");
      System.err.println("what the processes print: " + log);
      return new Bench(config, log).run();
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return 2;
    } catch (Exception e) {
      e.printStackTrace();
      return 1;
    }
  }

  private int run() throws Exception {
    long start = System.nanoTime();
    Facts facts = Facts.collect();
    for (Suite suite : Suite.ALL) {
      if (config.suites().contains(suite.name())) {
        run(suite);
      }
    }
    new JmhSuites(config, results).run();
    facts.values().put("cache line to the other core, ns, before each round", lines.toString());
    facts.values().put("took", Duration.ofNanos(System.nanoTime() - start).toSeconds() + " s");
    publish(new Report(config, facts, results));
    results.failures().forEach(failure -> System.err.println("FAILED " + failure));
    return results.failures().isEmpty() ? 0 : 1;
  }

  private void run(Suite suite) throws InterruptedException {
    List<String> names = new ArrayList<>(suite.peers(config.full()));
    if (!config.peers().isEmpty()) {
      names.retainAll(config.peers());
    }
    Map<String, WorkerProcess> workers = new LinkedHashMap<>();
    try {
      for (String name : names) {
        start(suite, name, workers);
      }
      warmUp(suite, workers);
      StringJoiner nanos = new StringJoiner(" ", suite.name() + " ", "");
      for (int round = 0; round < config.rounds(); round++) {
        nanos.add(String.valueOf(CacheLine.nanos()));
        measure(suite, workers, round);
      }
      lines.add(nanos.toString());
    } finally {
      for (WorkerProcess worker : workers.values()) {
        worker.close();
      }
    }
  }

  private void start(Suite suite, String name, Map<String, WorkerProcess> workers)
      throws InterruptedException {
    try {
      workers.put(name, WorkerProcess.start(name, log));
    } catch (IOException e) {
      results.addFailure(suite.name() + ", start of " + name + ": " + e.getMessage());
    }
  }

  private void warmUp(Suite suite, Map<String, WorkerProcess> workers) throws InterruptedException {
    System.err.println(suite.name() + ": warm-up");
    for (Case each : suite.cases(config.full())) {
      if (each == Case.HEAP) {
        continue; // nothing is timed
      }
      for (String name : List.copyOf(workers.keySet())) {
        cell(suite, name, workers, each, config.warmUp(each));
      }
    }
  }

  private void measure(Suite suite, Map<String, WorkerProcess> workers, int round)
      throws InterruptedException {
    System.err.println(suite.name() + ": round " + (round + 1) + " of " + config.rounds());
    List<String> order = new ArrayList<>(workers.keySet());
    Collections.rotate(order, round);
    for (Case each : suite.cases(config.full())) {
      for (String name : order) {
        results.add(suite.name(), name, cell(suite, name, workers, each, config.cell()));
      }
    }
  }

  /** A peer that fails takes no further part: it may be in any state. */
  private List<Measurement> cell(
      Suite suite, String name, Map<String, WorkerProcess> workers, Case what, Duration time)
      throws InterruptedException {
    WorkerProcess worker = workers.get(name);
    if (worker == null) {
      return List.of();
    }
    try {
      return worker.run(what, time);
    } catch (IOException e) {
      results.addFailure(suite.name() + ", " + what + " of " + name + ": " + e.getMessage());
      workers.remove(name);
      worker.close();
      return List.of();
    }
  }

  private void publish(Report report) throws IOException {
    System.out.println(report.markdown());
    Path out = config.out();
    if (out != null) {
      Files.createDirectories(out);
      Files.writeString(out.resolve("results.md"), report.markdown());
      Files.writeString(out.resolve("results.json"), report.json());
      for (Map.Entry<String, String> plot : report.plots().entrySet()) {
        Files.writeString(out.resolve(plot.getKey()), plot.getValue());
      }
    }
  }
}
