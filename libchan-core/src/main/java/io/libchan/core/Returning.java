package io.libchan.core;

import io.libchan.Reason;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.Rejoined;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * How a channel goes on at a receiving port whose messages this process sends elsewhere: after the
 * last of them comes CLOSE(RETURNED), and the rest is to be had without the streams between. Rules
 * FWD-10 to FWD-14.
 *
 * <p>Life: a peer names an <em>echo</em>; it is said what goes on here <em>next</em>; the fence
 * comes, and the channel in this process is told what is still unread; then it has <em>begun</em>.
 *
 * <p>Thread-safe. Its state is guarded by the port's lock.
 */
final class Returning<T> {
  private final RemoteReceivePort<T> port;
  private final ReentrantLock lock;

  // Guarded by lock.
  private long echoReference; // from an ECHO that nobody looked at; 0 if none
  private boolean echoDue; // the relay that takes what arrives leads back, and has not said so
  private @Nullable RemoteSendPort<?> echo; // where the messages are sent
  private @Nullable ReceivePort<T> next; // goes on behind the fence
  private long told; // up to which message the channel was told
  private boolean tellingBegan;
  private boolean begun; // the channel knows what was under way here
  private boolean switched; // somebody went on

  long echoAwaited; // guarded by the session's lock: the stream that an ECHO named

  // Is told of what is received here, then goes on. Set under the lock; asked at each message.
  private volatile @Nullable Rejoined<T> rejoined;

  Returning(RemoteReceivePort<T> port) {
    this.port = port;
    lock = port.lock;
  }

  // ---- under the port's lock ----

  /** An ECHO came. */
  void echoed(long reference) {
    echoReference = reference;
  }

  /** Something else takes what arrives: a relay that leads back to the peer, or not. */
  void feeds(boolean loop) {
    echoDue = loop;
  }

  /** Whether the fence came, and something goes on behind it. */
  boolean isFenced() {
    return next != null && port.isReturned();
  }

  /** Whether what goes on may be used. */
  boolean hasBegun() {
    return isFenced() && (rejoined == null || begun);
  }

  /** Whether what goes on has still to be told what was under way here. */
  boolean isEarly() {
    return isFenced() && !hasBegun();
  }

  // ---- who goes on, and where ----

  long takeEcho() {
    lock.lock();
    try {
      long reference = echoReference;
      echoReference = 0;
      return reference;
    } finally {
      lock.unlock();
    }
  }

  /** Remembers where messages are sent, until somebody can make use of it. */
  void echo(@Nullable RemoteSendPort<?> sentOn) {
    lock.lock();
    try {
      echo = sentOn;
    } finally {
      lock.unlock();
    }
  }

  @Nullable RemoteSendPort<?> echo() {
    lock.lock();
    try {
      return echo;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The relay that is to say ECHO, once: one that leads back to the peer, unless this side has
   * begun to cut the loop that ends here. Both are decided under one lock, or each side could cut
   * one of two neighbouring loops. Rule FWD-13.
   */
  @Nullable Relay takeEchoDue() {
    lock.lock();
    try {
      Relay relay = port.relay();
      if (!echoDue || next != null || relay == null || !relay.hasJoined()) {
        return null;
      }
      echoDue = false;
      return relay;
    } finally {
      lock.unlock();
    }
  }

  /** Whether it is known what goes on here. */
  boolean isKnown() {
    lock.lock();
    try {
      return next != null;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the fence came, and something goes on behind it. */
  boolean hasReturned() {
    lock.lock();
    try {
      return isFenced();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Says what goes on here behind the fence; whether it can.
   *
   * @param channel what is to be told of the messages received here, if that is in this process
   */
  boolean goOnWith(ReceivePort<T> after, @Nullable Rejoined<T> channel) {
    lock.lock();
    try {
      if (next != null || !port.mayGoOn()) {
        return false;
      }
      next = after;
      rejoined = channel;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** What was to go on here does not, and no fence was sent; then {@link Loops#changed}. */
  void goOnNowhere() {
    lock.lock();
    try {
      next = null;
      rejoined = null;
    } finally {
      lock.unlock();
    }
  }

  /** How many messages wait behind the fence in this process; no more come from now on. */
  int hold() {
    Rejoined<T> channel;
    lock.lock();
    try {
      channel = hasBegun() ? rejoined : null;
    } finally {
      lock.unlock();
    }
    return channel == null ? 0 : channel.hold();
  }

  /** What {@link #hold} held stays. */
  void release() {
    Rejoined<T> channel = rejoined;
    if (channel != null) {
      channel.release();
    }
  }

  /** What goes on here, once everything before it was received or taken by a relay. */
  @Nullable ReceivePort<T> takeNext() {
    lock.lock();
    try {
      if (!hasBegun() || !port.isEmpty()) {
        return null;
      }
      switched = true;
      rejoined = null; // whether what was under way is received is known where it goes now
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** What goes on here, once an application has received everything before it. */
  @Nullable ReceivePort<T> successor() {
    boolean first;
    ReceivePort<T> after;
    lock.lock();
    try {
      if (!hasBegun() || !port.isComplete()) {
        return null;
      }
      after = next;
      first = !switched;
      switched = true;
    } finally {
      lock.unlock();
    }
    if (first && after instanceof RemoteReceivePort<T> remote) {
      remote.resume(port.type());
    }
    return after;
  }

  /** Keeps what goes on in step with what is received at the port. */
  void tell() {
    if (rejoined == null) {
      return;
    }
    Rejoined<T> channel;
    boolean first;
    long unread;
    long more;
    lock.lock();
    try {
      channel = rejoined;
      if (channel == null || (!tellingBegan && !port.isReturned())) {
        return;
      }
      first = !tellingBegan;
      tellingBegan = true;
      unread = port.arrived() - port.received();
      more = port.received() - told;
      told = port.received();
    } finally {
      lock.unlock();
    }
    if (first) {
      channel.begin(unread);
      begin();
    } else if (more > 0) {
      channel.received(more);
    }
  }

  private void begin() {
    Waiter woken;
    lock.lock();
    try {
      begun = true;
      woken = port.isComplete() ? port.everybodyAndEnds() : port.everybody();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    WaitList.signal(port.relay());
  }

  // ---- the end ----

  /** The port failed: unless the fence came before, what was to go on does not. */
  void failed(Reason reason) {
    lock.lock();
    try {
      if (port.isReturned()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    giveUp(reason);
  }

  /** What was to go on here does not: this node is one that the reason passes. */
  void giveUp(Reason reason) {
    ReceivePort<T> after;
    Rejoined<T> channel;
    lock.lock();
    try {
      after = next;
      channel = rejoined;
    } finally {
      lock.unlock();
    }
    if (after != null && channel != null) {
      channel.fail(Relay.passed(reason, port.session));
    } else if (after instanceof RemoteReceivePort<?> remote) {
      remote.stopFor(Relay.passed(reason, port.session));
    }
  }

  /** What was to go on here ends for what happened where the messages go. */
  void stopFor(Reason reason) {
    ReceivePort<T> after = next();
    Rejoined<T> channel = rejoined;
    if (after instanceof RemoteReceivePort<?> remote) {
      remote.stopFor(reason);
    } else if (channel != null) {
      channel.fail(reason); // not by the receiver's doing, which may have gone on already
    } else if (after != null) {
      after.close(reason);
    }
  }

  void close(Reason reason) {
    ReceivePort<T> after = next();
    if (after != null) {
      after.close(reason);
    }
  }

  private @Nullable ReceivePort<T> next() {
    lock.lock();
    try {
      return next;
    } finally {
      lock.unlock();
    }
  }
}
