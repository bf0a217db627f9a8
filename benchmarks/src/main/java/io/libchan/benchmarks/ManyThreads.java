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
  // Its threads live on for a while, as what they cost is counted after their work.
  private static final ExecutorService POOL = Executors.newCachedThreadPool(Threads.named("opens"));

  private final Peer.Opens opens;
  private final long nanos;
  private final CountDownLatch begin = new CountDownLatch(1);

  ManyThreads(Peer.Opens opens, Duration time) {
    this.opens = opens;
    this.nanos = time.toNanos();
  }

  Rate run(int threads) throws Exception {
    List<Future<Long>> counts = new ArrayList<>();
    try {
      for (int i = 0; i < threads; i++) {
        counts.add(POOL.submit(this::repeat));
      }
      long start = System.nanoTime();
      begin.countDown();
      long count = sum(counts);
      return new Rate(count, System.nanoTime() - start);
    } finally {
      counts.forEach(count -> count.cancel(true));
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
