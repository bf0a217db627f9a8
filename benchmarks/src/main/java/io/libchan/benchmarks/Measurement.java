package io.libchan.benchmarks;

/** One value of one cell, with the processor time of the whole JVM per operation, both ends. */
record Measurement(Figure figure, double value, double cpuMicros) {}
