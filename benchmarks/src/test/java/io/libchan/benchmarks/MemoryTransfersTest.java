package io.libchan.benchmarks;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MemoryTransfersTest {
  /** The move itself checks count and order. */
  @ParameterizedTest
  @CsvSource({
    "libchan, false",
    "libchan, true",
    "array-blocking-queue, false",
    "linked-blocking-queue, false",
    "jctools-spsc, false",
    "jctools-mpsc-blocking, false",
    "kotlin, false",
    "kotlin, true",
    "linked-transfer-queue, true",
    "synchronous-queue, true"
  })
  void everythingArrivesInOrder(String way, boolean rendezvous) throws Exception {
    try (MemoryTransfer transfer = MemoryTransfers.start(way, rendezvous, false)) {
      transfer.move(3000);
      transfer.move(10);
    }
  }
}
