package io.libchan.core;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Environment;
import io.libchan.spi.SendPort.Withdrawal;
import io.libchan.spi.Waiter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Carries the messages of one channel from the stream where they arrive to another one, undecoded.
 * Credit, ACK, FLUSH, WITHDRAW and the end pass through, so the two streams are one channel to its
 * ends. Rules FWD-1 to FWD-6.
 *
 * <p>It has no thread: whatever happens at either port gives it a turn, on the thread where it
 * happens. At most 64 KiB wait at the outgoing stream, so that a slow receiver is felt upstream.
 *
 * <p>Thread-safe.
 */
final class Relay implements Waiter {
  private final RemoteReceivePort<?> from;
  private final RemoteSendPort<?> to;
  private final AtomicInteger owed = new AtomicInteger(1); // the first turn, once it has begun
  private volatile boolean joined; // it has both ports
  private volatile boolean cutting; // what comes from now on goes elsewhere
  private volatile @Nullable Incoming late; // found no place for too long

  // Only turns'.
  private @Nullable Incoming pending; // taken, and found no place for its streams
  private Environment.@Nullable Timer patience; // how long it waits for one
  private long offset; // of a message's number where it arrives over where it leaves
  private long flushed;
  private boolean cut;
  private boolean ended;
  private boolean stopped;

  private Relay(RemoteReceivePort<?> from, RemoteSendPort<?> to) {
    this.from = from;
    this.to = to;
  }

  /** Joins two ports that nobody else uses any more. */
  static void join(RemoteReceivePort<?> from, RemoteSendPort<?> to) {
    Relay relay = new Relay(from, to);
    long taken = from.begin(relay);
    long sent = to.begin(relay);
    if (sent == RemoteSendPort.GOES_ON) {
      from.begin(null);
      goOn(from, to); // a fence was quicker
      return;
    }
    relay.offset = taken - sent;
    relay.joined = true;
    Loops.changed(to.echo());
    Loops.changed(from);
    relay.turns();
  }

  @SuppressWarnings("unchecked") // raw messages get the sender's type
  private static <T> void goOn(RemoteReceivePort<?> from, RemoteSendPort<T> to) {
    to.relayFrom((RemoteReceivePort<T>) from);
  }

  RemoteReceivePort<?> from() {
    return from;
  }

  RemoteSendPort<?> to() {
    return to;
  }

  /** Whether it leads back to the peer that it comes from, so that the peer may do without it. */
  boolean isLoop() {
    return from.session == to.session;
  }

  /** Whether it has both ports, so that what arrives will leave. Rule FWD-12. */
  boolean hasJoined() {
    return joined;
  }

  /** What was not carried yet is not to be: the outgoing stream ends with RETURNED. */
  void cut() {
    cutting = true;
    signal();
  }

  /** Tells the peer that it gets here what it sends, unless it is not to get more. Rule FWD-10. */
  void sayEcho() {
    if (!cutting) {
      to.sayEcho(from);
    }
  }

  @Override
  public void signal() {
    if (owed.getAndIncrement() == 0) {
      turns();
    }
  }

  private void turns() {
    int seen = owed.get();
    do {
      turn();
      seen = owed.addAndGet(-seen);
    } while (seen != 0);
  }

  private void turn() {
    acknowledge();
    if (isBroken()) {
      return;
    }
    if (ended || cut) {
      if (ended && cutting && !cut) {
        cut = true;
        Loops.cutAgain(to);
      }
      return;
    }
    while (carriedOne()) {
      flush();
    }
    if (isBroken()) {
      return; // also by the message that was carried last, which is lost
    }
    flush();
    if (pending != null) {
      return;
    }
    if (cutting) {
      cut = true;
      to.startFence(null); // or it has failed, or was closed for a failure, which ends the loop too
      return;
    }
    Reason end = from.end();
    if (end != null) {
      boolean returned = end.code() == ReasonCode.RETURNED;
      if (returned && !to.hasRoomBehind(from.returning().hold())) {
        to.requestReceipt(); // or ACK might wait for more than there will be
        return; // it gives another turn
      }
      ended = true;
      if (!returned || !Loops.goOn(from, to)) {
        to.close(returned ? end : passed(end, from.session));
      }
    }
  }

  /** Passes on what was received at the far end, or given back. */
  private void acknowledge() {
    if (from.relay() == this) {
      long received = to.acknowledged() + offset; // first: it counts what was given back, too
      withdraw();
      from.receivedUpTo(received);
    }
  }

  /** Whether nothing can leave any more; then whoever sends is told. */
  private boolean isBroken() {
    Reason failed = to.broken();
    if (failed == null) {
      return false;
    }
    acknowledge(); // what was received before it failed stays received, and is known by now
    drop();
    if (!stopped && from.relay() == this && !isCutOff()) {
      stopped = true;
      from.stopFor(passed(failed, to.session));
    }
    return true;
  }

  /**
   * Whether all that this relay carried came around the loop; its streams don't matter any more.
   */
  private boolean isCutOff() {
    RemoteReceivePort<?> comesOut = to.echo();
    return cut && comesOut != null && comesOut.returning().hasReturned();
  }

  private boolean carriedOne() {
    Incoming message = pending;
    if (message == null) {
      if (cutting || !to.hasRoomFor(this)) {
        return false;
      }
      message = from.take();
      if (message == null) {
        return false;
      }
    }
    long number = to.pass(message, this);
    if (number == 0) {
      await(message);
      return false;
    }
    passedOn();
    if (number > 0) {
      offset = from.taken() - number;
    }
    return number > 0;
  }

  /** Waits for places, which this channel's own streams may hold: not for ever. Rule FWD-8. */
  private void await(Incoming message) {
    if (pending == null) {
      pending = message;
      Duration patient = to.session.options().referenceTimeout();
      patience =
          to.session
              .environment()
              .schedule(
                  patient,
                  () -> {
                    late = message;
                    signal();
                  });
    } else if (late == message) {
      passedOn();
      from.session.release(message);
      to.refuse(
          Reason.limit(
              "streams",
              "FWD-8: no place for the "
                  + message.named().length
                  + " attachments of a message in "
                  + to.session.options().referenceTimeout()));
      signal();
    }
  }

  private void passedOn() {
    pending = null;
    if (patience != null) {
      patience.cancel();
      patience = null;
    }
  }

  private void flush() {
    long wanted = from.receiptWanted();
    if (wanted > flushed && pending == null && from.taken() >= wanted) {
      flushed = wanted;
      to.requestReceipt();
    }
  }

  /** A rendezvous that is asked back, and was carried: the far end has the answer. */
  private void withdraw() {
    long number = from.askedBack();
    if (number == 0) {
      return;
    }
    Incoming message = pending;
    if (message != null) {
      passedOn();
      from.session.release(message);
      from.withdrawn(number);
      return;
    }
    Withdrawal answer = to.tryWithdraw(number - offset);
    if (answer == Withdrawal.WITHDRAWN) {
      from.withdrawn(number);
    }
  }

  private void drop() {
    Incoming message = pending;
    passedOn();
    if (message != null) {
      from.session.release(message);
    }
  }

  /** A reason as this node passes it on; one without origin began at the peer that it is about. */
  static Reason passed(Reason reason, CoreSession at) {
    boolean lost =
        reason.code() == ReasonCode.CONNECTION_LOST
            || reason.code() == ReasonCode.KEEPALIVE_TIMEOUT;
    return (lost ? reason.from(at.peerName()) : at.stamp(reason)).via(at.options().nodeName());
  }
}
