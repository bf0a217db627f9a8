package io.libchan.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * What the JVM spent since its creation, which takes some milliseconds where there are many
 * threads: made before what is timed, and asked after it. Not thread-safe.
 */
final class Meter {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final Switches switches = new Switches();
  private final long allocatedBefore = Allocation.bytes();
  private final long cpuBefore = SYSTEM.getProcessCpuTime();
  private final Stopwatch watch = new Stopwatch();

  long nanos() {
    return watch.nanos();
  }

  boolean isOver(Duration time) {
    return watch.isOver(time);
  }

  /** A figure of so many operations, which all took place since the creation. */
  Measurement measured(Figure figure, double value, long operations) {
    double cpuMicros = (SYSTEM.getProcessCpuTime() - cpuBefore) / 1e3 / operations;
    double allocated = (Allocation.bytes() - allocatedBefore) / (double) operations;
    return new Measurement(figure, value, new Cost(cpuMicros, switches.of(operations), allocated));
  }

  /** Operations per second. */
  Measurement measured(Figure figure, Rate rate) {
    return measured(figure, rate.perSecond(), rate.count());
  }
}
