package io.libchan.benchmarks;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;

/** A thread that sends and one that receives, with a queue between them. */
final class ThreadTransfer implements MemoryTransfer {
  private final Queue queue;
  private final ExecutorService sender;
  private final ExecutorService receiver;

  /** For one sender and one receiver; both block. */
  interface Queue {
    void put(Sample sample) throws Exception;

    Sample take() throws Exception;
  }

  ThreadTransfer(Queue queue, ThreadFactory threads) {
    this.queue = queue;
    this.sender = Executors.newSingleThreadExecutor(threads);
    this.receiver = Executors.newSingleThreadExecutor(threads);
  }

  @Override
  public void move(int count) throws Exception {
    Future<?> sending = sender.submit(() -> send(count));
    Future<Received> receiving = receiver.submit(() -> receive(count));
    Checks.allReceived(count, receiving.get());
    sending.get();
  }

  private boolean send(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      queue.put(Samples.at(i));
    }
    return true;
  }

  private Received receive(int count) throws Exception {
    Tally tally = new Tally();
    for (int i = 0; i < count; i++) {
      Sample sample = queue.take();
      tally.add(sample.id(), sample);
    }
    return tally.received();
  }

  @Override
  public void close() {
    sender.shutdownNow();
    receiver.shutdownNow();
  }
}
