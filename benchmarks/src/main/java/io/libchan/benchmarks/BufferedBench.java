package io.libchan.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How many messages a second go from one thread to another through a buffer of 1024?
 *
 * <p>Started by {@link Bench}, suites {@code memory} and {@code memory-virtual}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class BufferedBench {
  private static final int BATCH = 100_000;

  /** What is between the two; the names are chosen by {@link JmhSuites}. */
  @Param("libchan")
  public String way;

  /** Virtual threads need Java 21. */
  @Param("false")
  public boolean virtual;

  private MemoryTransfer transfer;

  /** Makes the queue and its two threads. */
  @Setup
  public void start() {
    transfer = MemoryTransfers.start(way, false, virtual);
  }

  /** Moves a batch. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void move() throws Exception {
    transfer.move(BATCH);
  }

  /** Ends the threads. */
  @TearDown
  public void close() {
    transfer.close();
  }
}
