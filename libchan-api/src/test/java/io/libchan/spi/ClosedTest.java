package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Channel;
import io.libchan.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Where those who wait for the end of a channel are told. */
final class ClosedTest {
  @Test
  void theEndIsToldAlsoWhenTheCommonPoolIsBlocked() throws Exception {
    CountDownLatch free = new CountDownLatch(1);
    List<CompletableFuture<?>> blocked = new ArrayList<>();
    int threads = Math.max(1, ForkJoinPool.getCommonPoolParallelism());
    CountDownLatch full = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      blocked.add(
          CompletableFuture.runAsync(
              () -> {
                full.countDown();
                awaitQuietly(free);
              },
              ForkJoinPool.commonPool()));
    }
    try {
      full.await();
      Channel<String> channel = Channel.of(String.class);
      CompletableFuture<Reason> sending = channel.sender().closed().toCompletableFuture();
      CompletableFuture<Reason> receiving = channel.receiver().closed().toCompletableFuture();
      channel.sender().close();
      assertThat(sending.get(15, TimeUnit.SECONDS)).isEqualTo(Reason.END);
      assertThat(receiving.get(15, TimeUnit.SECONDS)).isEqualTo(Reason.END);
    } finally {
      free.countDown();
      CompletableFuture.allOf(blocked.toArray(new CompletableFuture<?>[0])).join();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
