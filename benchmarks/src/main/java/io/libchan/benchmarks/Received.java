package io.libchan.benchmarks;

/** What the far end of a one-way stream saw: how many records, and how many out of their place. */
record Received(long count, long misplaced) {}
