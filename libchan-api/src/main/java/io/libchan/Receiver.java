package io.libchan;

import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The receiving end of a channel, local or remote.
 *
 * <p>{@code null} means the clean end and only that: the sender closed the channel and every
 * message was received. Everything else that ends a channel (the sender failed, the connection
 * broke, the peer fell silent, a limit was hit) is a {@link ChannelException} with its {@link
 * Reason}, after the messages that had arrived before it. Rules CH-20 to CH-23.
 *
 * <p>What the other side sees: a received message makes room for one more. After {@link #close} a
 * blocked or later {@code send} throws with the reason given here.
 *
 * <p>Decoding happens on the thread that receives. Several threads may receive; each message goes
 * to one of them.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
public interface Receiver<T> extends AutoCloseable, Iterable<T> {
  /**
   * Receives the next message, waiting for it.
   *
   * @return the message; {@code null} at the clean end
   * @throws MessageRejected if this one message does not fit the type; the next call goes on
   * @throws LimitExceeded if this one message is too deep or has too many elements (the next call
   *     goes on), or if the channel ended by a limit (the next call throws again)
   * @throws ChannelException if the channel ended in any way but cleanly
   * @throws InterruptedException if the thread is interrupted; nothing was taken
   * @throws IllegalStateException if this end was closed here, or was sent away
   */
  @Nullable T receive() throws ChannelException, InterruptedException;

  /**
   * As {@link #receive()}, for no longer than the time-out.
   *
   * @param timeout how long to wait; zero or less does not wait
   * @return the message; {@code null} at the clean end
   * @throws TimeoutException if no message arrived in time; nothing was taken
   * @throws ChannelException as {@link #receive()}
   * @throws InterruptedException as {@link #receive()}
   */
  @Nullable T receive(Duration timeout)
      throws ChannelException, InterruptedException, TimeoutException;

  /**
   * Takes the next message if there is one now. Never blocks.
   *
   * @return the message; {@code null} if there is none now, or at the clean end: {@link #ended}
   *     tells
   * @throws ChannelException as {@link #receive()}
   */
  @Nullable T poll() throws ChannelException;

  /** Whether the clean end was reached: every further {@code receive} returns {@code null}. */
  boolean ended();

  /**
   * Tells the sender to stop, with {@link ReasonCode#CANCELLED}. Messages that were not received
   * are dropped and their attachments released. Never blocks; a second call, or one on an end that
   * was sent away, does nothing.
   */
  @Override
  void close();

  /**
   * As {@link #close()} with a reason of the caller's.
   *
   * @param reason what a blocked or later {@code send} throws; not the clean end
   */
  void close(Reason reason);

  /**
   * Iterates over the messages until the clean end. {@code hasNext} blocks.
   *
   * <p>As an iterator can't throw checked exceptions, a {@link ChannelException} comes as the cause
   * of an {@link java.io.UncheckedIOException}; an interruption as an {@code UncheckedIOException}
   * whose cause is an {@link java.io.InterruptedIOException}, with the thread's interrupt flag set.
   */
  @Override
  Iterator<T> iterator();

  /**
   * Completes with the reason when this channel has ended: the clean end was received, or it was
   * closed, failed or lost. Never completes exceptionally, and never on an I/O thread: what depends
   * on it may block.
   */
  CompletionStage<Reason> closed();

  /** The message type. */
  Type type();

  /** The capacity in messages; 0 is a rendezvous. */
  int capacity();
}
