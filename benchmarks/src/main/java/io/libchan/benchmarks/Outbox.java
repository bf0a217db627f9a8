package io.libchan.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.SpscArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The way from a user thread to a connection: a bounded queue that the event loop empties in
 * batches, one write for each. Thread-safe for one user thread and the event loop.
 */
final class Outbox {
  private static final int BATCH_BYTES = 64 * 1024;

  private final Channel channel;
  private final int capacity;
  private final SpscArrayQueue<byte[]> queue;
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private volatile @Nullable Thread waiting;
  private boolean stalled; // the event loop's: the socket takes no more for now

  Outbox(Channel channel, int capacity) {
    this.channel = channel;
    this.capacity = capacity;
    this.queue = new SpscArrayQueue<>(capacity);
  }

  void put(byte[] body) throws IOException, InterruptedException {
    if (!queue.offer(body)) {
      awaitRoom(body);
    }
    VarHandle.fullFence(); // the body must be visible before we trust that a drain is scheduled
    schedule();
  }

  private void schedule() {
    if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
      channel.eventLoop().execute(this::drain);
    }
  }

  private void awaitRoom(byte[] body) throws IOException, InterruptedException {
    waiting = Thread.currentThread();
    while (!queue.offer(body)) {
      if (!channel.isActive()) {
        throw new IOException("connection closed while sending");
      }
      LockSupport.park(this);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
    waiting = null;
  }

  private void drain() {
    if (!channel.isWritable()) {
      stalled = true;
      return;
    }
    ByteBuf batch = batch();
    if (batch.isReadable()) {
      channel.writeAndFlush(batch, channel.voidPromise());
      if (Pipe.isEager(capacity) || queue.size() <= capacity / 2) {
        wakeSender(); // for more than one
      }
      channel.eventLoop().execute(this::drain); // let the loop read between two batches
    } else {
      batch.release();
      rest();
    }
  }

  /** Called on the event loop. */
  void writabilityChanged() {
    if (stalled && channel.isWritable()) {
      stalled = false;
      channel.eventLoop().execute(this::drain); // not at once: this call may come from our write
    }
  }

  private ByteBuf batch() {
    byte[] body = queue.peek();
    int first = body == null ? 0 : Integer.BYTES + body.length;
    ByteBuf batch = channel.alloc().directBuffer(Math.max(first, BATCH_BYTES));
    while (batch.readableBytes() < BATCH_BYTES - Pipe.FRAME_BYTES
        && (body = queue.poll()) != null) {
      batch.writeInt(body.length).writeBytes(body);
    }
    return batch;
  }

  private void rest() {
    scheduled.set(false);
    VarHandle.fullFence();
    if (!queue.isEmpty()) {
      schedule();
    }
  }

  /** Called on the event loop, after making room and after a close. */
  void wakeSender() {
    VarHandle.fullFence();
    Thread sender = waiting;
    if (sender != null) {
      LockSupport.unpark(sender);
    }
  }
}
