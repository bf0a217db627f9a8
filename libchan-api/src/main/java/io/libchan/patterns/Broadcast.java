package io.libchan.patterns;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.Sender;
import io.libchan.spi.Ends;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Gives each message to every subscriber, and waits for none of them. The capacity of a
 * subscriber's channel is its queue: while that is full it misses messages, and the next one it
 * gets says how many ({@link Heard#missed}).
 *
 * <p>What a subscriber sees: messages in the order published, the same for all; the clean end after
 * {@link #close}, unless it missed the last ones, which is told as {@link io.libchan.LimitExceeded}
 * with the name {@code lag}. One that closes its end, or whose session is lost, is forgotten.
 *
 * <p>Messages can't carry ends: an end is given away once. They are encoded for each subscriber.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
public final class Broadcast<T> implements AutoCloseable {
  // Held while messages are encoded: the order is to be the same for all, and publishers that come
  // faster than that are to wait rather than to be queued.
  private final ReentrantLock turn = new ReentrantLock();

  // Guarded by turn.
  private final List<Subscriber<T>> subscribers = new ArrayList<>();
  private boolean closed;

  /** A broadcast without subscribers. */
  public Broadcast() {}

  /** One subscriber. Guarded by turn. */
  private static final class Subscriber<T> {
    private final Sender<Heard<T>> sender;
    private long missed;

    Subscriber(Sender<Heard<T>> sender) {
      this.sender = sender;
    }

    /** Gives it a message if there is room; whether it is still there. */
    boolean offer(T message) {
      try {
        if (sender.trySend(new Heard<>(message, missed))) {
          missed = 0;
        } else {
          missed++;
        }
        return true;
      } catch (ChannelException e) {
        missed++; // if only this message can't be sent
        return Ends.port(sender).ended() == null;
      } catch (IllegalStateException e) {
        return false; // closed or sent away by others
      }
    }

    void end() {
      if (missed == 0) {
        sender.close();
      } else {
        sender.fail(Reason.limit("lag", "the last " + missed + " messages were missed"));
      }
    }
  }

  /**
   * Adds a subscriber, for what is published from now on.
   *
   * @param subscriber its end, from now on this object's; the capacity is how far it may lag
   * @throws IllegalArgumentException if the capacity is 0, where nothing can be sent without
   *     waiting
   */
  public void subscribe(Sender<Heard<T>> subscriber) {
    if (subscriber.capacity() == 0) {
      throw new IllegalArgumentException("a subscriber's channel needs a capacity of 1 or more");
    }
    turn.lock();
    try {
      if (closed) {
        subscriber.close();
      } else {
        subscribers.add(new Subscriber<>(subscriber));
      }
    } finally {
      turn.unlock();
    }
    // An idle broadcast forgets its dead as well.
    var unused = subscriber.closed().thenRun(() -> forget(subscriber));
  }

  private void forget(Sender<Heard<T>> subscriber) {
    turn.lock();
    try {
      subscribers.removeIf(one -> one.sender == subscriber);
    } finally {
      turn.unlock();
    }
  }

  /**
   * Gives a message to all subscribers. Never waits for one of them.
   *
   * @param message not null, and not to be changed any more
   * @throws IllegalStateException if this broadcast was closed
   */
  public void publish(T message) {
    Objects.requireNonNull(message);
    turn.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the broadcast is closed");
      }
      for (Iterator<Subscriber<T>> all = subscribers.iterator(); all.hasNext(); ) {
        if (!all.next().offer(message)) {
          all.remove();
        }
      }
    } finally {
      turn.unlock();
    }
  }

  /** How many subscribers there are. */
  public int subscribers() {
    turn.lock();
    try {
      return subscribers.size();
    } finally {
      turn.unlock();
    }
  }

  /** Ends all subscriptions; see the type's description. Never blocks; idempotent. */
  @Override
  public void close() {
    turn.lock();
    try {
      closed = true;
      subscribers.forEach(Subscriber::end);
      subscribers.clear();
    } finally {
      turn.unlock();
    }
  }

  /**
   * Ends all subscriptions with a failure.
   *
   * @param reason what subscribers get after what they have still to receive; not the clean end
   */
  public void fail(Reason reason) {
    turn.lock();
    try {
      closed = true;
      subscribers.forEach(one -> one.sender.fail(reason));
      subscribers.clear();
    } finally {
      turn.unlock();
    }
  }
}
