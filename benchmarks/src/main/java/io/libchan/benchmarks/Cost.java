package io.libchan.benchmarks;

/**
 * What one operation cost the JVM, both ends together. Each is negative where it was not counted.
 *
 * @param cpuMicros processor time of all threads, compiler and collector included
 * @param switches how often the system took a thread from its processor, because it slept or
 *     because another had to run; of threads that live on
 * @param allocated bytes
 */
record Cost(double cpuMicros, double switches, double allocated) {
  static final double NOT_COUNTED = -1;
  static final Cost UNKNOWN = new Cost(NOT_COUNTED, NOT_COUNTED, NOT_COUNTED);

  /** Of what was allocated alone. */
  static Cost allocated(double bytes) {
    return new Cost(NOT_COUNTED, NOT_COUNTED, bytes);
  }
}
