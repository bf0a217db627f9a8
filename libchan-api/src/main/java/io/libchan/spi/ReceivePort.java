package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Reason;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a channel, without blocking.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
public interface ReceivePort<T> {
  /** What {@link #poll} returns where it has no message. */
  enum None {
    /** None now. */
    EMPTY,
    /** The clean end. */
    END,
    /** Another port has taken this one's place. */
    SUPERSEDED
  }

  /** The message type. */
  Type type();

  /** The capacity in messages. */
  int capacity();

  /** The context that the channel was opened with. */
  default StreamContext context() {
    return StreamContext.NONE;
  }

  /**
   * Takes the next message.
   *
   * @return a message, or one of {@link None}
   * @throws ChannelException if the channel ended uncleanly, or this one message is rejected
   */
  Object poll() throws ChannelException;

  /**
   * Waits some microseconds at most, without parking, for {@link #poll} to have something. Returns
   * at once where that is not known to pay: it does where what comes next comes from a thread that
   * runs right now.
   *
   * @return a message that came meanwhile; null if polling again may pay; {@link None#EMPTY} if not
   */
  default @Nullable Object spin() {
    return None.EMPTY;
  }

  /** Signals the waiter once {@link #poll} may have something; at once if so now. */
  void await(Waiter waiter);

  /** Forgets the waiter; one that was signalled in vain passes its turn on. */
  void cancel(Waiter waiter);

  /** Tells the sender to stop and drops what was not received. The first reason counts. */
  void close(Reason reason);

  /** The reason if this half is over: nothing more will be received; else null. */
  @Nullable Reason ended();

  /** Calls back once, when {@link #ended} is set or a successor took over; at once if so now. */
  void onEnd(Waiter waiter);

  /** The port that has the next message; null while this one may. */
  default @Nullable ReceivePort<T> successor() {
    return null;
  }

  /** The codec in whose bytes messages arrive; null where they are objects. */
  default @Nullable String codec() {
    return null;
  }

  /**
   * What was not received here goes to another port from now on, and then whatever else comes;
   * nobody receives here any more. Both ends learn of each other's end and failure. Does not wait:
   * what finds no room yet follows.
   */
  default void relayTo(SendPort<T> target) {
    throw new UnsupportedOperationException("not made for being sent away: " + this);
  }
}
