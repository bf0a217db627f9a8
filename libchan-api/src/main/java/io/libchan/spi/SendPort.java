package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Reason;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a channel, without blocking. Messages are numbered from 1 in the order sent.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
public interface SendPort<T> {
  /** What {@link #trySend} returns if there is no room now. */
  long NO_ROOM = 0;

  /** What {@link #trySend} returns if another port has taken this one's place. */
  long SUPERSEDED = -1;

  /** Whether a withdrawn message got back. */
  enum Withdrawal {
    /** It was not received and never will be. */
    WITHDRAWN,
    /** Too late: it was received. */
    RECEIVED,
    /** Not known yet; the waiter of {@link #awaitReceipt} is signalled when it is. */
    PENDING
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
   * Takes the message if there is room. With capacity 0 there is room for one message on its way.
   *
   * @return the message's number, {@link #NO_ROOM} or {@link #SUPERSEDED}
   * @throws ChannelException if the channel ended, or the message can't be sent
   */
  long trySend(T message) throws ChannelException;

  /** The number of the last message sent. */
  long sent();

  /**
   * Whether the far application received messages up to this number. A port answers for what it
   * took also when it was superseded, and asks its successor about what it does not know.
   *
   * @throws ChannelException if not, and the channel ended, so that it is not known whether it will
   */
  boolean isReceived(long number) throws ChannelException;

  /** Asks for word as soon as everything sent so far was received; see {@link #awaitReceipt}. */
  void requestReceipt();

  /**
   * Asks for the last message of a channel of capacity 0 back. May be called again; as {@link
   * #isReceived}, of the port that took it.
   */
  Withdrawal withdraw(long number) throws ChannelException;

  /**
   * Waits some microseconds at most, without parking, for room. Returns at once where that is not
   * known to pay: it does where a thread that runs right now receives.
   *
   * @return whether sending again may pay
   */
  default boolean spinForRoom() {
    return false;
  }

  /** As {@link #spinForRoom}, for {@link #isReceived}. */
  default boolean spinForReceipt(long number) {
    return false;
  }

  /** Signals the waiter once there may be room, or the channel ended; at once if so now. */
  void awaitRoom(Waiter waiter);

  /** Whether a receiver is known to wait for a message. Only a hint; not every port can know. */
  default boolean hasReceiver() {
    return false;
  }

  /**
   * Signals the waiter once {@link #hasReceiver} holds or the channel ended, at once if so now; a
   * port that can't know never does.
   */
  default void awaitReceiver(Waiter waiter) {}

  /** Signals the waiter once something more was received, withdrawn, or the channel ended. */
  void awaitReceipt(long number, Waiter waiter);

  /** Forgets the waiter; one that was signalled in vain passes its turn on. */
  void cancel(Waiter waiter);

  /** Ends the channel after what was sent; the first reason counts. */
  void close(Reason reason);

  /** The reason if this half is over: nothing more can be sent or learnt; else null. */
  @Nullable Reason ended();

  /** Calls back once, when {@link #ended} is set or a successor took over; at once if so now. */
  void onEnd(Waiter waiter);

  /** The port that takes the messages from now on; null while this one does. */
  default @Nullable SendPort<T> successor() {
    return null;
  }

  /** The codec whose bytes go on from here; null where messages are objects. */
  default @Nullable String codec() {
    return null;
  }

  /**
   * What this port gives comes from another one from now on, and this one has no other user. The
   * application's end was sent away; its messages arrive at {@code source}.
   */
  default void relayFrom(ReceivePort<T> source) {
    throw new UnsupportedOperationException("not made for being sent away: " + this);
  }

  /**
   * Goes on for another port, all of whose messages up to this number were received or are under
   * way here. What that one holds comes first, until {@link #adopted}.
   */
  default void adopt(long lastNumber) {}

  /** The end of {@link #adopt}. */
  default void adopted() {}

  /** Runs something that may run foreign code, and that a waiter asks for, on a fit thread. */
  default void execute(Runnable task) {
    task.run();
  }

  /** Fails the channel at both ends: something that was sent can't be sent on. */
  default void refuse(Reason reason) {
    close(reason);
  }
}
