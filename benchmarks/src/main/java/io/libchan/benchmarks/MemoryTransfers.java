package io.libchan.benchmarks;

import io.libchan.Channel;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.MpscBlockingConsumerArrayQueue;

/** What carries messages between two threads of one process, by name. */
final class MemoryTransfers {
  static final int CAPACITY = 1024;

  private MemoryTransfers() {}

  static MemoryTransfer start(String way, boolean rendezvous, boolean virtual) {
    int capacity = rendezvous ? 0 : CAPACITY;
    if (way.equals("kotlin")) {
      return new KotlinTransfer(capacity);
    }
    return new ThreadTransfer(
        queue(way, capacity), virtual ? virtualThreads() : Threads.named(way));
  }

  private static ThreadTransfer.Queue queue(String way, int capacity) {
    return switch (way) {
      case "libchan" -> new OfLibchan(Channel.of(Sample.class, capacity));
      case "array-blocking-queue" -> new OfBlockingQueue(new ArrayBlockingQueue<>(capacity));
      case "linked-blocking-queue" -> new OfBlockingQueue(new LinkedBlockingQueue<>(capacity));
      case "synchronous-queue" -> new OfBlockingQueue(new SynchronousQueue<>());
      case "linked-transfer-queue" -> new OfTransferQueue(new LinkedTransferQueue<>());
      case "jctools-spsc" -> new ParkingQueue(capacity);
      case "jctools-mpsc-blocking" ->
          new OfMpscBlocking(new MpscBlockingConsumerArrayQueue<>(capacity));
      case "jox" -> new OfJox(capacity);
      default -> throw new IllegalArgumentException(way);
    };
  }

  /** By reflection, as this module is compiled for Java 17. */
  private static ThreadFactory virtualThreads() {
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      Method factory = Class.forName("java.lang.Thread$Builder").getMethod("factory");
      return (ThreadFactory) factory.invoke(builder);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("virtual threads need Java 21", e);
    }
  }

  private record OfLibchan(Channel<Sample> channel) implements ThreadTransfer.Queue {
    @Override
    public void put(Sample sample) throws Exception {
      channel.sender().send(sample);
    }

    @Override
    public Sample take() throws Exception {
      Sample sample = channel.receiver().receive();
      if (sample == null) {
        throw new Checks.Mismatch("the channel has ended");
      }
      return sample;
    }
  }

  private record OfBlockingQueue(BlockingQueue<Sample> queue) implements ThreadTransfer.Queue {
    @Override
    public void put(Sample sample) throws InterruptedException {
      queue.put(sample);
    }

    @Override
    public Sample take() throws InterruptedException {
      return queue.take();
    }
  }

  private record OfTransferQueue(LinkedTransferQueue<Sample> queue)
      implements ThreadTransfer.Queue {
    @Override
    public void put(Sample sample) throws InterruptedException {
      queue.transfer(sample);
    }

    @Override
    public Sample take() throws InterruptedException {
      return queue.take();
    }
  }

  /**
   * The consumer parks, a producer that finds it full sleeps a little, as the library has no more.
   */
  private record OfMpscBlocking(MpscBlockingConsumerArrayQueue<Sample> queue)
      implements ThreadTransfer.Queue {
    @Override
    public void put(Sample sample) {
      while (!queue.offer(sample)) {
        LockSupport.parkNanos(1000);
      }
    }

    @Override
    public Sample take() throws InterruptedException {
      return queue.take();
    }
  }

  /** Called by handles: its classes are of Java 21. */
  private static final class OfJox implements ThreadTransfer.Queue {
    private static final MethodHandle SEND;
    private static final MethodHandle RECEIVE;
    private static final MethodHandle BUFFERED;
    private static final MethodHandle RENDEZVOUS;

    static {
      try {
        Class<?> type = Class.forName("com.softwaremill.jox.Channel");
        MethodHandles.Lookup lookup = MethodHandles.publicLookup();
        BUFFERED =
            lookup
                .findStatic(type, "newBufferedChannel", MethodType.methodType(type, int.class))
                .asType(MethodType.methodType(Object.class, int.class));
        RENDEZVOUS =
            lookup
                .findStatic(type, "newRendezvousChannel", MethodType.methodType(type))
                .asType(MethodType.methodType(Object.class));
        SEND =
            lookup
                .findVirtual(type, "send", MethodType.methodType(void.class, Object.class))
                .asType(MethodType.methodType(void.class, Object.class, Object.class));
        RECEIVE =
            lookup
                .findVirtual(type, "receive", MethodType.methodType(Object.class))
                .asType(MethodType.methodType(Object.class, Object.class));
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private final Object channel;

    OfJox(int capacity) {
      try {
        channel =
            capacity == 0
                ? (Object) RENDEZVOUS.invokeExact()
                : (Object) BUFFERED.invokeExact(capacity);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void put(Sample sample) throws Exception {
      try {
        SEND.invokeExact(channel, (Object) sample);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public Sample take() throws Exception {
      try {
        return (Sample) (Object) RECEIVE.invokeExact(channel);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
