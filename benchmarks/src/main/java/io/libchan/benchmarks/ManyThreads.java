package io.libchan.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Repeats {@link Peer.Opens#once} on several threads at once. Not thread-safe. */
final class ManyThreads {
  private final Peer.Opens opens;
  private final long nanos;
  private final CountDownLatch begin = new CountDownLatch(1);

  ManyThreads(Peer.Opens opens, Duration time) {
    this.opens = opens;
    this.nanos = time.toNanos();
  }

  Rate run(int threads) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads, Threads.named("opens"));
    try {
      List<Future<Long>> counts = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        counts.add(pool.submit(this::repeat));
      }
      long start = System.nanoTime();
      begin.countDown();
      long count = sum(counts);
      return new Rate(count, System.nanoTime() - start);
    } finally {
      pool.shutdownNow();
    }
  }

  private static long sum(List<Future<Long>> counts) throws Exception {
    long sum = 0;
    for (Future<Long> count : counts) {
      sum += count.get();
    }
    return sum;
  }

  private long repeat() throws Exception {
    begin.await();
    long start = System.nanoTime();
    long count = 0;
    while (System.nanoTime() - start < nanos) {
      Sample sample = Samples.at(count++);
      Checks.sameId(sample, opens.once(sample));
    }
    return count;
  }
}
