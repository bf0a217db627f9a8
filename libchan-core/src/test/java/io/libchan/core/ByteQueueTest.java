package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Received bytes in their segments. */
final class ByteQueueTest {
  private static final long TOTAL = 32L << 20;

  private final Random sizes = new Random(7);

  @Test
  void whateverIsPutIsTakenInOrder() {
    ByteQueue queue = new ByteQueue();
    Random takes = new Random(11);
    long put = 0;
    long taken = 0;
    while (taken < TOTAL) {
      int part = size(sizes);
      queue.put(bytes(put, part));
      put += part;
      int count = (int) Math.min(put - taken, size(takes));
      check(queue, taken, count);
      taken += count;
    }
  }

  /** Arrays that were emptied are filled again meanwhile, by this queue and by others. */
  @Test
  void oneThreadPutsWhileAnotherTakes() throws Exception {
    ByteQueue queue = new ByteQueue();
    AtomicLong put = new AtomicLong();
    CompletableFuture<?> taking = CompletableFuture.runAsync(() -> takeAll(queue, put));
    while (put.get() < TOTAL) {
      int part = size(sizes);
      queue.put(bytes(put.get(), part));
      put.addAndGet(part);
    }
    taking.get(60, TimeUnit.SECONDS);
  }

  private static void takeAll(ByteQueue queue, AtomicLong put) {
    Random takes = new Random(13);
    long taken = 0;
    while (taken < TOTAL) {
      int count = (int) Math.min(put.get() - taken, size(takes));
      if (count == 0) {
        Thread.onSpinWait();
      }
      check(queue, taken, count);
      taken += count;
    }
  }

  @Test
  void segmentsAreUsedAgainOnceTheyAreEmpty() {
    ByteQueue first = new ByteQueue();
    first.put(bytes(0, Segments.BYTES));
    check(first, 0, Segments.BYTES);
    first.put(bytes(0, Segments.WORTH_BYTES)); // leaves room in its segment
    check(first, 0, Segments.WORTH_BYTES);
    first.close();
    ByteQueue second = new ByteQueue();
    ByteQueue third = new ByteQueue();
    second.put(bytes(5, 3 * Segments.BYTES));
    third.put(bytes(9, 3 * Segments.BYTES));
    check(second, 5, 3 * Segments.BYTES);
    check(third, 9, 3 * Segments.BYTES);
  }

  private static int size(Random random) {
    return 1 + random.nextInt(random.nextBoolean() ? 64 * 1024 : 100);
  }

  private static ByteBuffer bytes(long position, int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = at(position + i);
    }
    return ByteBuffer.wrap(bytes);
  }

  private static void check(ByteQueue queue, long position, int count) {
    byte[] bytes = new byte[count + 2];
    queue.take(bytes, 1, count);
    for (int i = 0; i < count; i++) {
      if (bytes[i + 1] != at(position + i)) {
        assertThat(bytes[i + 1]).as("byte %d", position + i).isEqualTo(at(position + i));
      }
    }
    assertThat(bytes[0]).isZero();
    assertThat(bytes[count + 1]).isZero();
  }

  private static byte at(long position) {
    return (byte) (position * 31 + position / 251);
  }
}
