package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Waiter;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Carries the bytes of one stream to another one, in one direction. The end of input and a reset
 * pass through; bytes are read only when they can be written, so back-pressure does too. Rule
 * FWD-5.
 *
 * <p>It has no thread: see {@link Relay}. Thread-safe.
 */
final class ByteRelay implements Waiter {
  private static final int BUFFER_BYTES = 16 * 1024;
  private static final Reason NOT_READ =
      Reason.of(ReasonCode.CANCELLED, "nobody reads where the bytes go");

  private final RemoteBytePort from;
  private final RemoteBytePort to;
  private final AtomicInteger owed = new AtomicInteger();

  // Only turns'.
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private boolean over;

  private ByteRelay(RemoteBytePort from, RemoteBytePort to) {
    this.from = from;
    this.to = to;
  }

  /** Joins two streams that nobody else uses any more, both ways. */
  static void join(RemoteBytePort one, RemoteBytePort other) {
    ByteRelay there = new ByteRelay(one, other);
    ByteRelay back = new ByteRelay(other, one);
    one.begin(there, back);
    other.begin(there, back);
    there.signal();
    back.signal();
  }

  @Override
  public void signal() {
    if (owed.getAndIncrement() != 0) {
      return;
    }
    int seen = owed.get();
    do {
      if (!over) {
        turn();
      }
      seen = owed.addAndGet(-seen);
    } while (seen != 0);
  }

  private void turn() {
    try {
      for (int room = to.relayRoom(); room > 0; room = to.relayRoom()) {
        int count = from.read(buffer, 0, Math.min(room, buffer.length));
        if (count <= 0) {
          ended(count);
          return;
        }
        to.write(buffer, 0, count);
      }
      from.checkFailure();
    } catch (ChannelException e) {
      over = true;
      to.reset(Relay.passed(e.reason(), from.session));
      from.reset(Relay.passed(e.reason(), to.session));
    }
    if (to.isRefused()) {
      over = true;
      from.closeInput(NOT_READ);
    }
  }

  private void ended(int count) {
    if (count < 0) {
      over = true;
      to.closeOutput();
    }
  }
}
