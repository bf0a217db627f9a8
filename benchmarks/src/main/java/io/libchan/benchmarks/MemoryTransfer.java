package io.libchan.benchmarks;

/** Two threads, or coroutines, and what is between them. One move at a time. */
interface MemoryTransfer extends AutoCloseable {
  /** Moves so many messages; throws if not all arrived in their order. */
  void move(int count) throws Exception;

  @Override
  void close();
}
