package io.libchan.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How fast are small records over TCP, beside plain Netty and beside gRPC: one way, there and back,
 * and on streams that live for one exchange?
 *
 * <pre>
 * mvn -q -pl benchmarks -am package -DskipTests
 * java -Xms512m -Xmx2g -jar benchmarks/target/libchan-benchmarks.jar --out benchmarks/results/first
 * </pre>
 *
 * <p>Server and client of every peer live in this JVM, on an event loop each. After a warm-up come
 * rounds; a round runs every case for every peer in turn, and each round starts with another peer,
 * so that what else happens on the machine meets all of them. A cell whose records did not all
 * arrive, or that hangs, ends the run with exit code 1.
 */
final class FirstBench {
  private static final Duration GRACE = Duration.ofSeconds(30);

  private final Config config;
  private final Map<String, Peer> peers = new LinkedHashMap<>();
  private final Results results = new Results();
  private final ExecutorService worker = Executors.newSingleThreadExecutor(Threads.named("bench"));

  private FirstBench(Config config) {
    this.config = config;
  }

  public static void main(String[] args) {
    System.exit(exitCode(args));
  }

  private static int exitCode(String... args) {
    Config config;
    try {
      config = Config.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return 2;
    }
    try {
      new FirstBench(config).run();
      return 0;
    } catch (Exception e) {
      e.printStackTrace();
      return 1;
    }
  }

  private void run() throws Exception {
    Facts facts = Facts.collect();
    for (String name : config.peers()) {
      peers.put(name, bounded("start of " + name, Duration.ZERO, () -> Peers.start(name)));
    }
    warmUp();
    for (int round = 0; round < config.rounds(); round++) {
      measure(round);
    }
    publish(new Report(config, facts, results));
    closePeers();
  }

  private void warmUp() throws Exception {
    System.err.println("warm-up");
    for (Case each : Case.values()) {
      for (String peer : config.peers()) {
        cell(peer, each, config.warmUp());
      }
    }
  }

  private void measure(int round) throws Exception {
    System.err.println("round " + (round + 1) + " of " + config.rounds());
    List<String> order = new ArrayList<>(config.peers());
    Collections.rotate(order, round);
    for (Case each : Case.values()) {
      for (String peer : order) {
        results.add(peer, cell(peer, each, config.cell()));
      }
    }
  }

  private List<Measurement> cell(String name, Case what, Duration time) throws Exception {
    Peer peer = Objects.requireNonNull(peers.get(name));
    return bounded(name + " " + what, time, () -> what.run(peer, time));
  }

  private void closePeers() throws Exception {
    for (Map.Entry<String, Peer> peer : peers.entrySet()) {
      bounded(
          "close of " + peer.getKey(),
          Duration.ZERO,
          () -> {
            peer.getValue().close();
            return true;
          });
    }
  }

  /** Runs a step on the worker thread, and gives it the expected time and some grace. */
  private <T> T bounded(String step, Duration expected, Callable<T> work) throws Exception {
    Future<T> result = worker.submit(work);
    try {
      return result.get(expected.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(step + " failed", e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException(step + " hangs", e);
    }
  }

  private void publish(Report report) throws Exception {
    System.out.println(report.markdown());
    Path out = config.out();
    if (out != null) {
      Files.createDirectories(out);
      Files.writeString(out.resolve("first-bench.md"), report.markdown());
      Files.writeString(out.resolve("first-bench.json"), report.json());
    }
  }
}
