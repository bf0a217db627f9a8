package io.libchan.core.reference;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Environment;
import io.libchan.spi.ReferenceCodec;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The streams that the peer opened for attachments, until a message names them. The key is the
 * peer's own reference; ours have the same numbers and are never looked up. Rule SPDY-14.
 *
 * <p>Thread-safe. A receiving port's lock may be held.
 */
final class PeerStreams {
  private final ReferenceSession session;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Map<Long, Waiting> waiting = new HashMap<>();
  private final IdentityHashMap<Arrived, Environment.Timer> late = new IdentityHashMap<>(0);
  private final WaitList waiters = new WaitList();
  private boolean over;

  private record Waiting(Pipe pipe, Environment.Timer timer) {}

  PeerStreams(ReferenceSession session) {
    this.session = session;
  }

  /** A stream came; false: there are too many, or one of this reference is here already. */
  boolean arrived(Pipe pipe) {
    Waiter woken;
    lock.lock();
    try {
      if (over
          || waiting.containsKey(pipe.reference)
          || waiting.size() >= session.options().limits().maxPendingReferences()) {
        return false;
      }
      waiting.put(pipe.reference, new Waiting(pipe, expiry(pipe)));
      woken = waiters.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    return true;
  }

  private Environment.Timer expiry(Pipe pipe) {
    return session
        .environment()
        .schedule(session.options().referenceTimeout(), () -> expired(pipe));
  }

  /** Nobody named it for long. Its message may still be unread in the channel that it is of. */
  private void expired(Pipe pipe) {
    boolean unread = session.mayName(pipe.parent);
    lock.lock();
    try {
      Waiting entry = waiting.get(pipe.reference);
      if (entry == null || entry.pipe != pipe) {
        return;
      }
      if (unread) {
        waiting.put(pipe.reference, new Waiting(pipe, expiry(pipe)));
        return;
      }
      waiting.remove(pipe.reference);
    } finally {
      lock.unlock();
    }
    pipe.reset(Reason.of(ReasonCode.UNCLAIMED, "SPDY-14: no message named the stream"));
  }

  /** Looks for what a message names; whether it waits for nothing any more. */
  boolean find(Arrived message) {
    if (message.named.length == 0) {
      return true;
    }
    boolean complete = true;
    lock.lock();
    try {
      for (Named one : message.named) {
        complete &= one.missing || one.pipe != null || find(one);
      }
      if (complete || over) {
        Environment.Timer timer = late.remove(message);
        if (timer != null) {
          timer.cancel();
        }
        return complete || giveUp(message);
      }
      if (!late.containsKey(message)) {
        late.put(
            message,
            session
                .environment()
                .schedule(session.options().referenceTimeout(), () -> tooLate(message)));
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  private boolean find(Named one) {
    Waiting entry = waiting.remove(one.reference);
    if (entry != null) {
      entry.timer.cancel();
      one.pipe = entry.pipe;
      return true;
    }
    // None can have it, or somebody has it already.
    one.missing =
        one.reference <= 0
            || one.reference > ReferenceCodec.MAX_REFERENCE
            || session.isPeersStream(one.reference);
    return one.missing;
  }

  private static boolean giveUp(Arrived message) {
    for (Named one : message.named) {
      one.missing |= one.pipe == null;
    }
    return true;
  }

  private void tooLate(Arrived message) {
    Waiter woken;
    lock.lock();
    try {
      if (late.remove(message) == null) {
        return;
      }
      giveUp(message);
      woken = waiters.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
  }

  void await(Waiter waiter) {
    lock.lock();
    try {
      waiters.add(waiter);
    } finally {
      lock.unlock();
    }
  }

  void cancel(Waiter waiter) {
    lock.lock();
    try {
      waiters.remove(waiter);
    } finally {
      lock.unlock();
    }
  }

  /** Whether the stream is still to be named. */
  boolean isWaiting(long reference) {
    lock.lock();
    try {
      return waiting.containsKey(reference);
    } finally {
      lock.unlock();
    }
  }

  /** It ended before anything named it, which a message may still do. */
  int unnamed() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  int awaited() {
    lock.lock();
    try {
      return late.size();
    } finally {
      lock.unlock();
    }
  }

  /** The session is over. */
  void clear() {
    @Nullable Waiter woken;
    lock.lock();
    try {
      over = true;
      waiting.values().forEach(entry -> entry.timer.cancel());
      waiting.clear();
      late.values().forEach(Environment.Timer::cancel);
      woken = waiters.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
  }
}
