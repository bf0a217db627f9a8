package io.libchan.core.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Runs the engine in simulated worlds. One seed again, with its last steps:
 *
 * <pre>
 * mvn -Dquick -pl libchan-core -am test -Dtest=SimulatorTest#seeds \
 *   -Dsurefire.failIfNoSpecifiedTests=false -Dlibchan.sim.first=SEED -Dlibchan.sim.seeds=1
 * </pre>
 */
@Execution(ExecutionMode.SAME_THREAD)
final class SimulatorTest {
  private static final long SEEDS = Long.getLong("libchan.sim.seeds", 5_000);
  private static final long BODY_SEEDS = Long.getLong("libchan.sim.bodySeeds", SEEDS / 10);
  private static final long FIRST = Long.getLong("libchan.sim.first", 1);
  private static final int TRACE_LINES = Integer.getInteger("libchan.sim.trace", 60);

  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void seeds() throws InterruptedException {
    Map<Hit, Long> hits = runAll(SEEDS, seed -> Simulation.run(seed, false), false);
    if (SEEDS >= 5_000) {
      for (Hit hit : Hit.values()) {
        assertThat(hits.getOrDefault(hit, 0L)).as("%s", hit).isGreaterThanOrEqualTo(hit.least());
      }
    }
  }

  /** Rules BOD-1 to BOD-16, with bodies that overtake each other and are lost. */
  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void seedsOverBodies() throws InterruptedException {
    Map<Hit, Long> hits = runAll(BODY_SEEDS, seed -> Simulation.runOverBodies(seed, false), true);
    if (BODY_SEEDS >= 500) {
      for (Hit hit : List.of(Hit.BODY_CUT, Hit.BODIES_CUT, Hit.LIVED_ON, Hit.OVERTAKEN)) {
        assertThat(hits.getOrDefault(hit, 0L)).as("%s", hit).isPositive();
      }
    }
  }

  private static Map<Hit, Long> runAll(
      long count, LongFunction<Simulation.Result> world, boolean overBodies)
      throws InterruptedException {
    long begin = System.nanoTime();
    AtomicLong next = new AtomicLong(FIRST);
    AtomicReference<Long> red = new AtomicReference<>();
    List<Seeds> workers =
        List.of(new Seeds(count, next, red, world), new Seeds(count, next, red, world));
    for (Seeds worker : workers) {
      worker.start();
    }
    Map<Hit, Long> hits = new EnumMap<>(Hit.class);
    for (Seeds worker : workers) {
      worker.join();
      worker.hits.forEach((hit, times) -> hits.merge(hit, times, Long::sum));
    }
    Long seed = red.get();
    if (seed != null) {
      throw new AssertionError(report(seed, overBodies));
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    System.out.printf(
        "simulator%s: seeds %d to %d in %.1f s, %.0f seeds/s; met %s%n",
        overBodies ? " over bodies" : "", FIRST, FIRST + count - 1, seconds, count / seconds, hits);
    return hits;
  }

  private static String report(long seed, boolean overBodies) {
    Simulation.Result result =
        overBodies ? Simulation.runOverBodies(seed, true) : Simulation.run(seed, true);
    List<String> trace = result.trace();
    return "seed "
        + seed
        + ": "
        + result.violation()
        + "\n"
        + result.plan()
        + "\nagain"
        + (overBodies ? ", seedsOverBodies" : "")
        + ": -Dlibchan.sim.first="
        + seed
        + " -Dlibchan.sim.seeds=1\n"
        + String.join("\n", trace.subList(Math.max(0, trace.size() - TRACE_LINES), trace.size()));
  }

  @Test
  void theSameSeedIsTheSameRun() {
    for (long seed = FIRST; seed < FIRST + 50; seed++) {
      assertThat(Simulation.run(seed, true).hash())
          .as("seed %d", seed)
          .isEqualTo(Simulation.run(seed, false).hash());
    }
    assertThat(Simulation.run(1, false).hash()).isNotEqualTo(Simulation.run(2, false).hash());
  }

  /** Takes seeds until there are no more, or one is red. */
  private static final class Seeds extends Thread {
    private final long count;
    private final AtomicLong next;
    private final AtomicReference<Long> red;
    private final LongFunction<Simulation.Result> world;
    private final Map<Hit, Long> hits = new EnumMap<>(Hit.class);

    Seeds(
        long count,
        AtomicLong next,
        AtomicReference<Long> red,
        LongFunction<Simulation.Result> world) {
      super("simulator");
      this.count = count;
      this.world = world;
      this.next = next;
      this.red = red;
    }

    @Override
    public void run() {
      for (long seed = next.getAndIncrement();
          seed < FIRST + count && red.get() == null;
          seed = next.getAndIncrement()) {
        Simulation.Result result = world.apply(seed);
        if (result.isRed()) {
          red.accumulateAndGet(
              seed, (old, now) -> old == null ? now : Long.valueOf(Math.min(old, now)));
        }
        result.hits().forEach((hit, times) -> hits.merge(hit, times, Long::sum));
      }
    }
  }
}
