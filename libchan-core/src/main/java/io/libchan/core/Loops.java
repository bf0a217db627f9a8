package io.libchan.core;

import io.libchan.spi.Ends;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.Rejoined;
import org.jspecify.annotations.Nullable;

/**
 * Channels that lead to a peer and back again. The peer says so by ECHO; the side where they begin
 * and end then sends CLOSE(RETURNED) around the loop, behind everything that is under way, and goes
 * on without it. Rules FWD-10 to FWD-14.
 *
 * <p>Two neighbours that cut loops which share a stream at the same time would change the order, so
 * the listening side leaves those to the connecting one. Rule FWD-13.
 */
final class Loops {
  private Loops() {}

  /** The peer says that what arrives here is what this side sends on another stream. */
  static void echoed(RemoteReceivePort<?> arrives, long reference) {
    if (reference != 0 && arrives.session.echo(arrives, reference)) {
      changed(arrives);
    }
  }

  /** The two ports of a loop are known to each other. */
  static void pair(RemoteSendPort<?> sent, RemoteReceivePort<?> arrives) {
    sent.fence().echo(arrives);
    arrives.returning().echo(sent);
  }

  /**
   * Something changed that a cut depends on, at the port where a loop ends or at the one where it
   * begins: what they are used for, who feeds or empties them, or that a cut came to nothing. Cuts
   * the loop if it may now; or else the peer is told of the one behind it, if it was not.
   *
   * <p>Whoever changes something calls this when the change is to be seen, without a lock; so the
   * last one to do so finds all of it.
   */
  static void changed(@Nullable RemoteReceivePort<?> arrives) {
    if (arrives == null) {
      return;
    }
    RemoteSendPort<?> sent = arrives.echo();
    if (sent != null) {
      Relay feeder = sent.relay(); // as it is now, also for the cut: FWD-13 asks who feeds the loop
      if (mayCut(sent, arrives, feeder)) {
        cut(sent, arrives, feeder);
      }
    }
    Relay silent = arrives.takeEchoDue();
    if (silent != null) {
      silent.sayEcho();
    }
  }

  /** A cut came when the relay had come to its end; something else feeds the stream now. */
  static void cutAgain(RemoteSendPort<?> sent) {
    RemoteReceivePort<?> arrives = sent.echo();
    if (arrives != null) {
      cameToNothing(arrives);
    }
  }

  private static void cameToNothing(RemoteReceivePort<?> arrives) {
    arrives.returning().goOnNowhere();
    changed(arrives); // what was tried meanwhile was in vain
  }

  private static boolean mayCut(
      RemoteSendPort<?> sent, RemoteReceivePort<?> arrives, @Nullable Relay feeder) {
    Relay consumer = arrives.relay();
    boolean shared = isLoop(feeder) || isLoop(consumer);
    if (shared && !sent.session.isConnecting()) {
      return false;
    }
    boolean known = (feeder != null || sent.isTyped()) && (consumer != null || arrives.isTyped());
    boolean alike = feeder != null || consumer != null || sent.type().equals(arrives.type());
    return known && alike && sent.isSettled() && sent.capacity() == arrives.capacity();
  }

  private static boolean isLoop(@Nullable Relay relay) {
    return relay != null && relay.isLoop();
  }

  @SuppressWarnings("unchecked") // raw messages have no type; typed ones were compared
  private static <T> void cut(
      RemoteSendPort<T> sent, RemoteReceivePort<?> arrives, @Nullable Relay feeder) {
    RemoteReceivePort<T> end = (RemoteReceivePort<T>) arrives;
    if (feeder != null) {
      if (end.returning().goOnWith((RemoteReceivePort<T>) feeder.from(), null)) {
        feeder.cut();
      }
      return;
    }
    Rejoined<T> channel = new Rejoined<>(sent.type(), sent.capacity(), sent.context());
    if (end.returning().goOnWith(channel.receiving(), channel) && !sent.startFence(channel)) {
      cameToNothing(end); // a relay was quicker
    }
  }

  /** After a loop, a relay's messages come from elsewhere; whether there is such a place. */
  @SuppressWarnings("unchecked") // raw messages have no type; others get the sender's
  static <T> boolean goOn(RemoteReceivePort<T> ended, RemoteSendPort<?> to) {
    ReceivePort<T> next = ended.returning().takeNext();
    if (next == null) {
      return false;
    }
    RemoteSendPort<T> target = (RemoteSendPort<T>) to;
    if (next instanceof RemoteReceivePort<T> remote) {
      Relay.join(remote, target);
    } else {
      target.goOnWithObjects(next.type());
      target.execute(() -> next.relayTo(target)); // encodes
    }
    ended.receivedUpTo(ended.taken());
    return true;
  }

  // ---- byte streams ----

  /** Tells the peer that two of its streams are joined here. Rule FWD-15. */
  static void leadBack(RemoteBytePort one, RemoteBytePort other) {
    boolean say;
    lockBoth(one, other);
    try {
      say = one.mayLeadBack() && other.mayLeadBack();
      if (say) {
        one.leadBack();
        other.leadBack();
      }
    } finally {
      unlockBoth(one, other);
    }
    if (say) {
      one.session.sayJoined(one.headers.reference(), other.headers.reference());
    }
  }

  /** The peer says that what leaves on either of two streams comes back on the other one. */
  static void joined(RemoteBytePort one, RemoteBytePort other) {
    if (one != other) {
      one.twin(other);
      other.twin(one);
      retry(one);
    }
  }

  /** Goes on without the two streams of a loop, if it may. Rules FWD-13, FWD-16. */
  static void retry(RemoteBytePort one) {
    RemoteBytePort other = one.twin();
    if (other == null || other.twin() != one) {
      return;
    }
    Ends.Ports memory = Ends.memoryBytePorts();
    RemoteBytePort.Closed before;
    RemoteBytePort.Closed otherBefore;
    lockBoth(one, other);
    try {
      if (!one.mayGoOn() || !other.mayGoOn()) {
        return;
      }
      before = one.goOnWith(memory.left());
      otherBefore = other.goOnWith(memory.right());
    } finally {
      unlockBoth(one, other);
    }
    one.wentOn(before, memory.left());
    other.wentOn(otherBefore, memory.right());
  }

  /** The only place where two ports' locks are held: by reference, so that nobody meets. */
  private static void lockBoth(RemoteBytePort one, RemoteBytePort other) {
    boolean inOrder = one.headers.reference() < other.headers.reference();
    (inOrder ? one : other).lock.lock();
    (inOrder ? other : one).lock.lock();
  }

  private static void unlockBoth(RemoteBytePort one, RemoteBytePort other) {
    one.lock.unlock();
    other.lock.unlock();
  }
}
