package io.libchan;

import java.lang.reflect.Type;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;

/**
 * The sending end of a channel, local or remote.
 *
 * <p>A channel of capacity {@code n} holds at most {@code n} messages that were sent and that the
 * application at the other end has not received yet; {@code send} waits while it is full. With
 * capacity 0 {@code send} returns when a receiver took the message. Rule CH-10.
 *
 * <p>Messages arrive in the order sent, each once. Ends, streams and handles inside a message are
 * given away by a {@code send} that returns; using them afterwards throws {@link
 * IllegalStateException}. A {@code send} that throws delivered nothing and the caller still owns
 * them; only after {@link SessionLost} is delivery of earlier messages unknown, and {@link #flush}
 * tells. The message itself must not be changed after {@code send}.
 *
 * <p>An {@link java.io.InputStream} in a message is read to its end and an {@link
 * java.io.OutputStream} written until the peer closes it, on a thread of {@link Options#pumps()};
 * both are closed then, whatever ended them. Where a cut must be told from an end, attach a {@link
 * ByteStream}.
 *
 * <p>What the other side sees: after {@link #close} the receiver gets all that was sent and then
 * {@code null}; after {@link #fail} all that was sent and then an exception with the reason.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
public interface Sender<T> extends AutoCloseable {
  /**
   * Sends a message, waiting while the channel is full.
   *
   * @param message the message; not null
   * @throws ChannelException if the receiver cancelled, the session is lost, a limit is hit or the
   *     message can't be encoded; nothing was delivered
   * @throws InterruptedException if the thread is interrupted while waiting or before; nothing was
   *     delivered
   * @throws IllegalStateException if this end was closed here, or was sent away
   */
  void send(T message) throws ChannelException, InterruptedException;

  /**
   * Sends a message, waiting no longer than the time-out for room. On a channel of capacity 0 whose
   * message is already under way the call asks for it back, which may take one round trip more.
   *
   * @param message the message; not null
   * @param timeout how long to wait; zero or less does not wait
   * @throws TimeoutException if there was no room in time; nothing was delivered
   * @throws ChannelException as {@link #send(Object)}
   * @throws InterruptedException as {@link #send(Object)}
   */
  void send(T message, Duration timeout)
      throws ChannelException, InterruptedException, TimeoutException;

  /**
   * Sends a message if the channel has room now. Never blocks. On a channel of capacity 0 the
   * answer is always false, as delivery can't be known without waiting.
   *
   * @param message the message; not null
   * @return whether it was sent
   * @throws ChannelException as {@link #send(Object)}
   */
  boolean trySend(T message) throws ChannelException;

  /**
   * Waits until the application at the far end received every message sent so far.
   *
   * @throws ChannelException if the channel ended before that
   * @throws InterruptedException if the thread is interrupted; the messages stay sent
   */
  void flush() throws ChannelException, InterruptedException;

  /**
   * As {@link #flush()}, for no longer than the time-out.
   *
   * @param timeout how long to wait
   * @throws TimeoutException if some message was not received in time; it stays sent
   * @throws ChannelException as {@link #flush()}
   * @throws InterruptedException as {@link #flush()}
   */
  void flush(Duration timeout) throws ChannelException, InterruptedException, TimeoutException;

  /**
   * Ends the channel: the receiver gets everything sent so far and then the clean end. Never blocks
   * and never throws; a second call, or one on an end that was sent away, does nothing.
   */
  @Override
  void close();

  /**
   * Ends the channel with a failure: the receiver gets everything sent so far and then an exception
   * with this reason. Never blocks. After {@link #close} or another {@code fail} it does nothing.
   *
   * @param reason why; not the clean end
   */
  void fail(Reason reason);

  /** As {@link #fail(Reason)} with {@link ReasonCode#FAILED} and a text. */
  default void fail(String message) {
    fail(Reason.of(ReasonCode.FAILED, message));
  }

  /**
   * Completes with the reason when this channel has ended: closed here and everything received
   * there, cancelled, failed or lost. Never completes exceptionally, and never on an I/O thread:
   * what depends on it may block.
   */
  CompletionStage<Reason> closed();

  /** The message type. */
  Type type();

  /** The capacity in messages; 0 is a rendezvous. */
  int capacity();
}
