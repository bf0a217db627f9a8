package io.libchan.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * What JMH measures: nothing here waits for a socket. Each way has forks of its own; a round is an
 * iteration.
 */
final class JmhSuites {
  static final String MEMORY = "memory";
  static final String MEMORY_VIRTUAL = "memory-virtual";
  static final String CODECS = "codecs";
  static final List<String> NAMES = List.of(MEMORY, MEMORY_VIRTUAL, CODECS);

  private static final List<String> BUFFERED =
      List.of(
          "libchan",
          "array-blocking-queue",
          "linked-blocking-queue",
          "jctools-spsc",
          "jctools-mpsc-blocking");
  private static final List<String> RENDEZVOUS =
      List.of("libchan", "linked-transfer-queue", "synchronous-queue");

  private final Config config;
  private final Results results;

  JmhSuites(Config config, Results results) {
    this.config = config;
    this.results = results;
  }

  void run() {
    run(MEMORY, () -> memory(false));
    run(MEMORY_VIRTUAL, () -> memory(true));
    run(CODECS, this::codecs);
  }

  private interface Step {
    void run() throws RunnerException;
  }

  private void run(String suite, Step step) {
    if (!config.suites().contains(suite)) {
      return;
    }
    System.err.println(suite + ": by JMH");
    try {
      step.run();
    } catch (RunnerException e) {
      results.addFailure(suite + ": " + e.getMessage());
    }
  }

  private void memory(boolean virtual) throws RunnerException {
    if (virtual && config.java21() == null) {
      results.addFailure(MEMORY_VIRTUAL + ": needs Java 21, see --java21");
      return;
    }
    String suite = virtual ? MEMORY_VIRTUAL : MEMORY;
    transfers(suite, virtual, BufferedBench.class, with(BUFFERED, virtual), Figure.BUFFERED);
    transfers(suite, virtual, RendezvousBench.class, with(RENDEZVOUS, virtual), Figure.RENDEZVOUS);
  }

  /** Coroutines are beside platform threads, where Kotlin's users come from; Jox needs Java 21. */
  private static List<String> with(List<String> ways, boolean virtual) {
    List<String> all = new ArrayList<>(ways);
    all.add(virtual ? "jox" : "kotlin");
    return all;
  }

  private void transfers(
      String suite, boolean virtual, Class<?> benchmark, List<String> ways, Figure figure)
      throws RunnerException {
    ChainedOptionsBuilder options =
        options(benchmark)
            .param("way", ways.toArray(String[]::new))
            .param("virtual", String.valueOf(virtual));
    Path home = config.java21();
    if (virtual && home != null) {
      options.jvm(home.resolve("bin").resolve("java").toString());
    }
    for (RunResult run : new Runner(options.build()).run()) {
      List<Measurement> rounds = rounds(run, figure);
      rounds.forEach(round -> results.add(suite, run.getParams().getParam("way"), List.of(round)));
    }
  }

  private void codecs() throws RunnerException {
    Map<String, Map<Figure, List<Measurement>>> all = new LinkedHashMap<>();
    ChainedOptionsBuilder options = options(CodecBench.class).mode(Mode.AverageTime);
    if (!config.full()) {
      options.param(
          "way", "msgpack", "protobuf-alone", "msgpack-by-hand", "jackson-msgpack", "json");
    }
    for (RunResult run : new Runner(options.build()).run()) {
      boolean write = run.getParams().getBenchmark().endsWith(".write");
      Figure figure = write ? Figure.ENCODE : Figure.DECODE;
      all.computeIfAbsent(run.getParams().getParam("way"), way -> new LinkedHashMap<>())
          .put(figure, rounds(run, figure));
    }
    all.forEach(this::addCodec);
  }

  private void addCodec(String way, Map<Figure, List<Measurement>> figures) {
    List<Measurement> encode = figures.getOrDefault(Figure.ENCODE, List.of());
    List<Measurement> decode = figures.getOrDefault(Figure.DECODE, List.of());
    for (int i = 0; i < Math.min(encode.size(), decode.size()); i++) {
      Measurement both =
          new Measurement(
              Figure.CODEC,
              encode.get(i).value() + decode.get(i).value(),
              Measurement.NOT_COUNTED,
              encode.get(i).allocated() + decode.get(i).allocated());
      results.add(CODECS, way, List.of(both, encode.get(i), decode.get(i)));
    }
  }

  private ChainedOptionsBuilder options(Class<?> benchmark) {
    TimeValue time = TimeValue.milliseconds(config.cell().toMillis());
    return new OptionsBuilder()
        .include("^" + benchmark.getName().replace(".", "\\.") + "\\.")
        .forks(config.full() ? 3 : 1)
        .warmupIterations(2)
        .warmupTime(TimeValue.milliseconds(config.cell().toMillis() * 3))
        .measurementIterations(config.rounds())
        .measurementTime(time)
        .timeout(TimeValue.seconds(60))
        .jvmArgs("-Xms256m", "-Xmx2g")
        .addProfiler(GCProfiler.class)
        .verbosity(VerboseMode.SILENT)
        .shouldFailOnError(true);
  }

  private static List<Measurement> rounds(RunResult run, Figure figure) {
    List<Measurement> rounds = new ArrayList<>();
    for (BenchmarkResult fork : run.getBenchmarkResults()) {
      for (IterationResult iteration : fork.getIterationResults()) {
        double score = iteration.getPrimaryResult().getScore();
        rounds.add(new Measurement(figure, score, Measurement.NOT_COUNTED, allocated(iteration)));
      }
    }
    return rounds;
  }

  private static double allocated(IterationResult iteration) {
    for (Map.Entry<String, ? extends Result> entry : iteration.getSecondaryResults().entrySet()) {
      if (entry.getKey().endsWith("gc.alloc.rate.norm")) {
        return entry.getValue().getScore();
      }
    }
    return Measurement.NOT_COUNTED;
  }
}
