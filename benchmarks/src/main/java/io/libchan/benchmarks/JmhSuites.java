package io.libchan.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
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

  private static final List<String> QUICK_CODEC_WAYS =
      List.of("msgpack", "protobuf-alone", "msgpack-by-hand", "jackson-msgpack", "json");
  private static final List<String> CODEC_WAYS =
      List.of(
          "msgpack",
          "json",
          "cbor",
          "xml",
          "protobuf",
          "protobuf-record",
          "protobuf-alone",
          "msgpack-by-hand",
          "jackson-msgpack");

  private final Config config;
  private final Results results;

  JmhSuites(Config config, Results results) {
    this.config = config;
    this.results = results;
  }

  void run() {
    if (config.suites().contains(MEMORY)) {
      memory(MEMORY, "kotlin", options -> options.param("virtual", "false"));
    }
    if (config.suites().contains(MEMORY_VIRTUAL)) {
      memoryVirtual();
    }
    if (config.suites().contains(CODECS)) {
      (config.full() ? CODEC_WAYS : QUICK_CODEC_WAYS).forEach(this::codec);
    }
  }

  private void memoryVirtual() {
    Path home = config.java21();
    if (home == null) {
      results.addFailure(MEMORY_VIRTUAL + ": needs Java 21, see --java21");
      return;
    }
    String java = home.resolve("bin").resolve("java").toString();
    memory(MEMORY_VIRTUAL, "jox", options -> options.param("virtual", "true").jvm(java));
  }

  /** Coroutines are beside platform threads, where Kotlin's users come from; Jox needs Java 21. */
  private void memory(String suite, String more, Consumer<ChainedOptionsBuilder> change) {
    for (String way : with(BUFFERED, more)) {
      measure(suite, way, BufferedBench.class, change)
          .forEach(run -> addRounds(suite, way, run, Figure.BUFFERED));
    }
    for (String way : with(RENDEZVOUS, more)) {
      measure(suite, way, RendezvousBench.class, change)
          .forEach(run -> addRounds(suite, way, run, Figure.RENDEZVOUS));
    }
  }

  private static List<String> with(List<String> ways, String more) {
    List<String> all = new ArrayList<>(ways);
    all.add(more);
    return all;
  }

  private void addRounds(String suite, String way, RunResult run, Figure figure) {
    rounds(run, figure).forEach(round -> results.add(suite, way, List.of(round)));
  }

  private void codec(String way) {
    Map<Figure, List<Measurement>> figures = new EnumMap<>(Figure.class);
    for (RunResult run : measure(CODECS, way, CodecBench.class, options -> {})) {
      boolean write = run.getParams().getBenchmark().endsWith(".write");
      Figure figure = write ? Figure.ENCODE : Figure.DECODE;
      figures.put(figure, rounds(run, figure));
    }
    addCodec(way, figures);
  }

  /** One way by itself: if it fails, the others have their results. */
  private Collection<RunResult> measure(
      String suite, String way, Class<?> benchmark, Consumer<ChainedOptionsBuilder> change) {
    System.err.println(suite + ": " + benchmark.getSimpleName() + " of " + way);
    ChainedOptionsBuilder options = options(benchmark).param("way", way);
    change.accept(options);
    try {
      return new Runner(options.build()).run();
    } catch (RunnerException e) {
      results.addFailure(suite + ", " + benchmark.getSimpleName() + " of " + way + ": " + e);
      return List.of();
    }
  }

  private void addCodec(String way, Map<Figure, List<Measurement>> figures) {
    List<Measurement> encode = figures.getOrDefault(Figure.ENCODE, List.of());
    List<Measurement> decode = figures.getOrDefault(Figure.DECODE, List.of());
    for (int i = 0; i < Math.min(encode.size(), decode.size()); i++) {
      Measurement both =
          new Measurement(
              Figure.CODEC,
              encode.get(i).value() + decode.get(i).value(),
              Cost.allocated(encode.get(i).cost().allocated() + decode.get(i).cost().allocated()));
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
        rounds.add(new Measurement(figure, score, Cost.allocated(allocated(iteration))));
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
    return Cost.NOT_COUNTED;
  }
}
