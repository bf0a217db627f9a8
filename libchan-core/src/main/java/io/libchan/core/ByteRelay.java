package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.spi.BytePort;
import io.libchan.spi.Waiter;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Carries the bytes of one stream to another one, in both directions. The end of each and a reset
 * pass through; bytes are read only when they can be written, so back-pressure does too. Rule
 * FWD-5.
 *
 * <p>A port that is superseded is followed by its successor. Once one of the two is in this
 * process, and nothing is under way here, the relay is not needed: its other end goes on without.
 *
 * <p>It has no thread: see {@link Relay}. Thread-safe.
 */
final class ByteRelay implements Waiter {
  private static final int BUFFER_BYTES = 16 * 1024;

  private final AtomicInteger owed = new AtomicInteger();

  // Only turns'.
  private final Flow there;
  private final Flow back;
  private @Nullable BytePort toldOne; // what was joined when the peer was told
  private @Nullable BytePort toldOther;
  private boolean done;

  private ByteRelay(BytePort one, BytePort other) {
    there = new Flow(one, other);
    back = new Flow(other, one);
  }

  /** Joins two ports that nobody else uses any more. */
  static void join(BytePort one, BytePort other) {
    ByteRelay relay = new ByteRelay(one, other);
    one.relayedBy(relay);
    other.relayedBy(relay);
    one.adopted();
    other.adopted();
    relay.signal();
  }

  /** Where the bytes go that come from a port here, once turns have settled. */
  BytePort across(BytePort port) {
    return there.from == port ? there.to : there.from;
  }

  @Override
  public void signal() {
    if (owed.getAndIncrement() != 0) {
      return;
    }
    int seen = owed.get();
    do {
      if (!done) {
        turn();
      }
      seen = owed.addAndGet(-seen);
    } while (seen != 0);
  }

  private void turn() {
    there.run();
    back.run();
    if (there.from == back.to && there.to == back.from) {
      settled(there.from, there.to);
    }
  }

  private void settled(BytePort one, BytePort other) {
    if (one instanceof RemoteBytePort left && other instanceof RemoteBytePort right) {
      boolean told = toldOne == left && toldOther == right;
      if (!told && left.session == right.session) {
        toldOne = left;
        toldOther = right;
        Loops.leadBack(left, right);
      }
    } else if (there.isEmpty() && back.isEmpty()) {
      leave(one, other);
    }
  }

  /** At least one of the two is in this process. */
  private void leave(BytePort one, BytePort other) {
    boolean first = other instanceof RemoteBytePort;
    BytePort here = first ? one : other;
    BytePort there = first ? other : one;
    if (there instanceof RemoteBytePort remote && !remote.startAdopting()) {
      return; // its successor comes first
    }
    done = true;
    here.relayedBy(null);
    there.relayedBy(null);
    here.relayTo(there);
  }

  /** One direction. */
  private final class Flow {
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private BytePort from;
    private BytePort to;
    private int start;
    private int count;
    private boolean over;

    Flow(BytePort from, BytePort to) {
      this.from = from;
      this.to = to;
    }

    boolean isEmpty() {
      return count == 0;
    }

    void run() {
      try {
        while (to.successor() != null) {
          to = follow(to); // also when there is nothing to write, or the two never settle
        }
        while (!over && read() && write()) {
          // as long as it goes
        }
        if (!over) {
          refuse();
        }
      } catch (ChannelException e) {
        if (!refuse()) {
          over = true;
          count = 0;
          to.reset(passed(e.reason(), from));
          from.reset(passed(e.reason(), to));
        }
      }
    }

    /** Stops reading if nobody reads what would be written; whether that is so. */
    private boolean refuse() {
      Reason refused = to.refused();
      if (refused != null) {
        over = true;
        count = 0;
        from.closeInput(refused);
        to.closeOutput(); // where the end that does not read goes on, the stream still has to end
      }
      return refused != null;
    }

    /** Whether there is something to write. */
    private boolean read() throws ChannelException {
      while (count == 0) {
        int room = to instanceof RemoteBytePort port ? port.relayRoom() : BUFFER_BYTES;
        int read = from.read(buffer, 0, Math.min(Math.max(0, room), BUFFER_BYTES));
        if (read == BytePort.SUPERSEDED) {
          from = follow(from);
        } else if (read < 0) {
          over = true;
          to.closeOutput();
          return false;
        } else if (read == 0) {
          checkFailure();
          return false;
        } else {
          start = 0;
          count = read;
        }
      }
      return true;
    }

    /** A stream that failed ends the other one, also where nothing can be read now. */
    private void checkFailure() throws ChannelException {
      if (from instanceof RemoteBytePort port) {
        port.checkFailure();
      }
    }

    /** Whether all was written. */
    private boolean write() throws ChannelException {
      while (count > 0) {
        int written = to.write(buffer, start, count);
        if (written == BytePort.SUPERSEDED) {
          to = follow(to);
        } else if (written == 0) {
          return false;
        } else {
          start += written;
          count -= written;
        }
      }
      return true;
    }

    private BytePort follow(BytePort port) {
      BytePort next = port.successor();
      if (next == null) {
        throw new IllegalStateException("superseded by nothing: " + port);
      }
      next.relayedBy(ByteRelay.this);
      return next;
    }
  }

  /** A reason that was learnt at a port; one that came from inside this process stays as it is. */
  private static Reason passed(Reason reason, BytePort at) {
    return at instanceof RemoteBytePort port ? Relay.passed(reason, port.session) : reason;
  }
}
