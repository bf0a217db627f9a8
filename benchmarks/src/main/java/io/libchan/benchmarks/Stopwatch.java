package io.libchan.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** Wall clock and processor time since its creation. Not thread-safe. */
final class Stopwatch {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final long cpuStart = SYSTEM.getProcessCpuTime();
  private final long start = System.nanoTime();

  long nanos() {
    return System.nanoTime() - start;
  }

  double cpuMicros(long operations) {
    return (SYSTEM.getProcessCpuTime() - cpuStart) / 1e3 / operations;
  }

  Measurement measured(Figure figure, Rate rate) {
    return new Measurement(figure, rate.perSecond(), cpuMicros(rate.count()));
  }
}
