package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Reason;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A byte stream inside this process: two bounded buffers between two ends. Thread-safe. */
final class MemoryBytes {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final Buffer leftToRight = new Buffer();
  private final Buffer rightToLeft = new Buffer();
  private final End left = new End(rightToLeft, leftToRight);
  private final End right = new End(leftToRight, rightToLeft);

  // The first reset counts. Guarded by lock.
  private @Nullable Reason failure;

  End left() {
    return left;
  }

  End right() {
    return right;
  }

  /** One direction. Guarded by lock. */
  private static final class Buffer {
    private final WaitList readers = new WaitList();
    private final WaitList writers = new WaitList();
    private byte @Nullable [] bytes;
    private int start;
    private int count;
    private boolean ended;
    private @Nullable Reason refused; // the reader closed its input

    int take(byte[] into, int offset, int length) {
      int taken = Math.min(length, count);
      if (taken == 0 || bytes == null) {
        return 0;
      }
      int first = Math.min(taken, bytes.length - start);
      System.arraycopy(bytes, start, into, offset, first);
      System.arraycopy(bytes, 0, into, offset + first, taken - first);
      start = (start + taken) % bytes.length;
      count -= taken;
      return taken;
    }

    boolean isFull() {
      return count >= BUFFER_BYTES;
    }

    int put(byte[] from, int offset, int length) {
      int taken = Math.min(length, BUFFER_BYTES - count);
      if (taken <= 0) {
        return 0;
      }
      if (bytes == null) {
        bytes = new byte[BUFFER_BYTES];
      }
      int at = (start + count) % bytes.length;
      int first = Math.min(taken, bytes.length - at);
      System.arraycopy(from, offset, bytes, at, first);
      System.arraycopy(from, offset + first, bytes, 0, taken - first);
      count += taken;
      return taken;
    }

    /** Puts all, however much that is. */
    void append(byte[] more) {
      byte[] all = new byte[Math.max(BUFFER_BYTES, count + more.length)];
      int kept = take(all, 0, count);
      System.arraycopy(more, 0, all, kept, more.length);
      bytes = all;
      start = 0;
      count = kept + more.length;
    }

    Waiter everybody() {
      Waiter reading = readers.takeAll();
      Waiter writing = writers.takeAll();
      return () -> {
        WaitList.signal(reading);
        WaitList.signal(writing);
      };
    }
  }

  /** One end. */
  final class End implements BytePort {
    private final Buffer in;
    private final Buffer out;
    private @Nullable BytePort successor; // guarded by lock
    private volatile @Nullable Waiter relay;

    End(Buffer in, Buffer out) {
      this.in = in;
      this.out = out;
    }

    @Override
    public @Nullable BytePort successor() {
      lock.lock();
      try {
        return successor;
      } finally {
        lock.unlock();
      }
    }

    private End other() {
      return this == left ? right : left;
    }

    @Override
    public void relayedBy(@Nullable Waiter newRelay) {
      relay = newRelay;
    }

    @Override
    public void adopt(byte[] buffered) throws ChannelException {
      lock.lock();
      try {
        Reason over = failure != null ? failure : out.refused;
        if (over != null) {
          throw ChannelException.of(over);
        }
        out.append(buffered);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void adopted() {
      Waiter reader;
      lock.lock();
      try {
        reader = out.readers.takeAll();
      } finally {
        lock.unlock();
      }
      WaitList.signal(reader);
      WaitList.signal(other().relay);
    }

    /**
     * This end went to a peer, through a port: the other one goes on with the port, after what is
     * buffered for this one. If the other went away before, what comes there goes on here.
     */
    @Override
    public void relayTo(BytePort port) {
      End other = other();
      BytePort source;
      Reason failed;
      Reason refused;
      boolean ended;
      Waiter woken;
      lock.lock();
      try {
        source = successor;
        byte[] queued = new byte[in.count];
        in.take(queued, 0, queued.length);
        try {
          port.adopt(queued);
        } catch (ChannelException e) {
          failure = failure == null ? e.reason() : failure;
        }
        failed = failure;
        refused = source == null ? out.refused : null;
        ended = source == null && in.ended;
        other.successor = port;
        woken = other.both();
      } finally {
        lock.unlock();
      }
      if (failed != null) {
        port.reset(failed);
      }
      if (ended) {
        port.closeOutput();
      }
      if (refused != null) {
        port.closeInput(refused);
      }
      if (source != null) {
        source.relayTo(port); // which adopts in its own time
      } else {
        port.adopted();
      }
      woken.signal();
    }

    private Waiter both() {
      Waiter one = in.everybody();
      Waiter two = out.everybody();
      return () -> {
        one.signal();
        two.signal();
        WaitList.signal(relay);
        WaitList.signal(other().relay);
      };
    }

    @Override
    public int read(byte[] into, int offset, int length) throws ChannelException {
      int taken;
      Waiter writer;
      lock.lock();
      try {
        taken = in.take(into, offset, length);
        if (taken == 0) {
          return nothing(length);
        }
        writer = in.writers.takeAll();
      } finally {
        lock.unlock();
      }
      WaitList.signal(writer);
      WaitList.signal(other().relay);
      return taken;
    }

    private int nothing(int wanted) throws ChannelException {
      if (failure != null) {
        throw ChannelException.of(failure);
      }
      if (in.count > 0 || wanted == 0) {
        return 0;
      }
      return in.ended ? -1 : successor != null ? SUPERSEDED : 0;
    }

    @Override
    public int write(byte[] from, int offset, int length) throws ChannelException {
      int taken;
      Waiter reader;
      lock.lock();
      try {
        if (successor != null) {
          return SUPERSEDED;
        }
        Reason over = failure != null ? failure : out.refused;
        if (over != null) {
          throw ChannelException.of(over);
        }
        taken = out.put(from, offset, length);
        reader = taken > 0 ? out.readers.takeAll() : null;
      } finally {
        lock.unlock();
      }
      WaitList.signal(reader);
      WaitList.signal(other().relay);
      return taken;
    }

    @Override
    public int available() {
      lock.lock();
      try {
        return in.count;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void awaitReadable(Waiter waiter) {
      lock.lock();
      try {
        if (in.count == 0 && !in.ended && failure == null && successor == null) {
          in.readers.add(waiter);
          return;
        }
      } finally {
        lock.unlock();
      }
      waiter.signal();
    }

    @Override
    public void awaitWritable(Waiter waiter) {
      lock.lock();
      try {
        if (out.isFull() && failure == null && out.refused == null && successor == null) {
          out.writers.add(waiter);
          return;
        }
      } finally {
        lock.unlock();
      }
      waiter.signal();
    }

    @Override
    public void cancel(Waiter waiter) {
      lock.lock();
      try {
        if (!in.readers.remove(waiter)) {
          out.writers.remove(waiter);
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public @Nullable Reason refused() {
      lock.lock();
      try {
        return failure == null ? out.refused : null;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean isOver() {
      BytePort next = successor();
      if (next != null) {
        return next.isOver();
      }
      lock.lock();
      try {
        return failure != null || (in.ended && in.count == 0 && out.ended);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void closeOutput() {
      change(port -> port.closeOutput(), () -> out.ended = true);
    }

    @Override
    public void closeInput(Reason reason) {
      change(
          port -> port.closeInput(reason),
          () -> {
            if (in.refused == null) {
              in.refused = reason;
              in.count = 0;
            }
          });
    }

    @Override
    public void reset(Reason reason) {
      change(
          port -> port.reset(reason),
          () -> {
            if (failure == null) {
              failure = reason;
            }
          });
    }

    private void change(java.util.function.Consumer<BytePort> there, Runnable here) {
      BytePort port;
      Waiter woken;
      lock.lock();
      try {
        port = successor;
        here.run();
        woken = both();
      } finally {
        lock.unlock();
      }
      if (port != null) {
        there.accept(port);
      }
      woken.signal();
    }
  }
}
