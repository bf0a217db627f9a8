package io.libchan.benchmarks;

import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.SpscArrayQueue;
import org.jspecify.annotations.Nullable;

/** A queue of JCTools with the parking that it leaves to its users. */
final class ParkingQueue implements ThreadTransfer.Queue {
  private final SpscArrayQueue<Sample> queue;
  private volatile @Nullable Thread sender;
  private volatile @Nullable Thread receiver;

  ParkingQueue(int capacity) {
    queue = new SpscArrayQueue<>(capacity);
  }

  @Override
  public void put(Sample sample) {
    while (!queue.offer(sample)) {
      sender = Thread.currentThread();
      VarHandle.fullFence(); // either we see the room, or the receiver sees us
      if (queue.offer(sample)) {
        break;
      }
      LockSupport.park(this);
    }
    VarHandle.fullFence();
    Thread waiting = receiver;
    if (waiting != null) {
      receiver = null;
      LockSupport.unpark(waiting);
    }
  }

  @Override
  public Sample take() {
    Sample sample = queue.poll();
    while (sample == null) {
      receiver = Thread.currentThread();
      VarHandle.fullFence();
      sample = queue.poll();
      if (sample == null) {
        LockSupport.park(this);
        sample = queue.poll();
      }
    }
    VarHandle.fullFence();
    Thread waiting = sender;
    if (waiting != null) {
      sender = null;
      LockSupport.unpark(waiting);
    }
    return sample;
  }
}
