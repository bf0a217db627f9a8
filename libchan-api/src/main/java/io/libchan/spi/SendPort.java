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
   * Whether the far application received messages up to this number.
   *
   * @throws ChannelException if not, and the channel ended, so that it is not known whether it will
   */
  boolean isReceived(long number) throws ChannelException;

  /** Asks for word as soon as everything sent so far was received; see {@link #awaitReceipt}. */
  void requestReceipt();

  /** Asks for the last message of a channel of capacity 0 back. May be called again. */
  Withdrawal withdraw(long number) throws ChannelException;

  /** Signals the waiter once there may be room, or the channel ended; at once if so now. */
  void awaitRoom(Waiter waiter);

  /** Signals the waiter once something more was received, withdrawn, or the channel ended. */
  void awaitReceipt(long number, Waiter waiter);

  /** Forgets the waiter; one that was signalled in vain passes its turn on. */
  void cancel(Waiter waiter);

  /** Ends the channel after what was sent; the first reason counts. */
  void close(Reason reason);

  /** The reason if this half is over: nothing more can be sent or learnt; else null. */
  @Nullable Reason ended();

  /** Calls back once, when {@link #ended} is set; at once if it is. */
  void onEnd(Waiter waiter);
}
