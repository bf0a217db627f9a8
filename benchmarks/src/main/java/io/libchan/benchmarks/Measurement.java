package io.libchan.benchmarks;

/**
 * One figure of one cell.
 *
 * @param value in the unit of the figure
 * @param cpuMicros processor time of the whole JVM for one operation, both ends
 * @param allocated bytes that threads of the JVM allocated for one operation, both ends; negative
 *     where it was not counted
 */
record Measurement(Figure figure, double value, double cpuMicros, double allocated) {
  static final double NOT_COUNTED = -1;
}
