package io.libchan.core.reference;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.BytePort;
import io.libchan.spi.Waiter;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Carries the bytes of one port to another one, in both directions; ends and failures pass through.
 * It reads only what it can write, so back-pressure passes too.
 *
 * <p>It has no thread: both ports signal it, and it runs on whatever thread that is, one turn at a
 * time. Thread-safe.
 */
final class BytesRelay {
  private static final int BUFFER_BYTES = 16 * 1024;

  private BytesRelay() {}

  /** Joins two ports that nobody else uses any more. */
  static void join(BytePort one, BytePort other) {
    one.adopted();
    other.adopted();
    Flow there = new Flow(one, other);
    Flow back = new Flow(other, one);
    there.signal();
    back.signal();
  }

  /** One direction. A signal is owed for each thing that may have changed. */
  private static final class Flow implements Waiter {
    private final AtomicInteger owed = new AtomicInteger();
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private BytePort from;
    private BytePort to;
    private int start;
    private int count;
    private boolean done;

    Flow(BytePort from, BytePort to) {
      this.from = from;
      this.to = to;
    }

    @Override
    public void signal() {
      if (owed.getAndIncrement() != 0) {
        return;
      }
      int seen = owed.get();
      do {
        turn();
        seen = owed.addAndGet(-seen);
      } while (seen != 0);
    }

    private void turn() {
      try {
        while (!done && moved()) {
          // as long as it goes
        }
      } catch (ChannelException e) {
        done = true;
        from.reset(e.reason());
        to.reset(e.reason());
      }
    }

    private boolean moved() throws ChannelException {
      if (count == 0) {
        int read = from.read(buffer, 0, buffer.length);
        if (read == BytePort.SUPERSEDED) {
          from = next(from);
          return true;
        }
        if (read < 0) {
          done = true;
          to.closeOutput();
          return false;
        }
        if (read == 0) {
          from.awaitReadable(this);
          return false;
        }
        start = 0;
        count = read;
      }
      int wrote = to.write(buffer, start, count);
      if (wrote == BytePort.SUPERSEDED) {
        to = next(to);
        return true;
      }
      if (wrote == 0) {
        to.awaitWritable(this);
        return false;
      }
      start += wrote;
      count -= wrote;
      return true;
    }

    private static BytePort next(BytePort port) throws ChannelException {
      BytePort next = port.successor();
      if (next == null) {
        throw ChannelException.of(Reason.of(ReasonCode.INTERNAL, "superseded by nothing"));
      }
      return next;
    }
  }
}
