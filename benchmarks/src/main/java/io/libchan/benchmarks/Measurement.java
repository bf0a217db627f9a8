package io.libchan.benchmarks;

/**
 * One figure of one cell.
 *
 * @param value in the unit of the figure
 */
record Measurement(Figure figure, double value, Cost cost) {}
