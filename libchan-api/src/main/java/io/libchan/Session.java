package io.libchan;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;

/**
 * A connection to a peer on which both sides open channels.
 *
 * <p>When the connection is lost, every end of the session fails with {@link SessionLost}; none
 * ever sees a clean end because of it.
 *
 * <p>Thread-safe.
 */
public interface Session extends AutoCloseable {
  /** Opens the unnamed channel of the default capacity; see {@link #open(String, Class, int)}. */
  default <T> Sender<T> open(Class<T> type) throws ChannelException, InterruptedException {
    return open("", type, Channel.DEFAULT_CAPACITY);
  }

  /** Opens a channel of the default capacity; see {@link #open(String, Class, int)}. */
  default <T> Sender<T> open(String name, Class<T> type)
      throws ChannelException, InterruptedException {
    return open(name, type, Channel.DEFAULT_CAPACITY);
  }

  /**
   * Opens a channel to the peer. Does not wait for the peer to accept it: messages may be sent at
   * once. Waits only while the peer's limit of streams is reached.
   *
   * <p>What the other side sees: its {@code accept} with the same name returns the receiving end.
   * If its backlog is full, sends fail with {@code LIMIT(backlog)}.
   *
   * @param name the name under which the peer accepts it; empty for the unnamed channel
   * @param type the message type
   * @param capacity messages sent and not yet received, 0..{@value Channel#MAX_CAPACITY}
   * @throws ChannelException if the session is lost, closed or draining
   * @throws InterruptedException if interrupted while waiting for the limit of streams
   */
  <T> Sender<T> open(String name, Class<T> type, int capacity)
      throws ChannelException, InterruptedException;

  /** As {@link #open(String, Class, int)} for a generic type. */
  <T> Sender<T> open(String name, TypeRef<T> type, int capacity)
      throws ChannelException, InterruptedException;

  /** Accepts the unnamed channel; see {@link #accept(String, Class)}. */
  default <T> Receiver<T> accept(Class<T> type) throws ChannelException, InterruptedException {
    return accept("", type);
  }

  /**
   * Waits for the next channel that the peer opens with this name.
   *
   * @param name the name; empty for the unnamed channel
   * @param type the type that messages are decoded to
   * @return the receiving end
   * @throws ChannelException if the session ended, with the reason
   * @throws InterruptedException if the thread is interrupted; no channel is lost
   */
  <T> Receiver<T> accept(String name, Class<T> type) throws ChannelException, InterruptedException;

  /** As {@link #accept(String, Class)} for a generic type. */
  <T> Receiver<T> accept(String name, TypeRef<T> type)
      throws ChannelException, InterruptedException;

  /**
   * As {@link #accept(String, Class)}, for no longer than the time-out.
   *
   * @throws TimeoutException if the peer opened none in time
   */
  <T> Receiver<T> accept(String name, Class<T> type, Duration timeout)
      throws ChannelException, InterruptedException, TimeoutException;

  /** What is known about the peer. */
  PeerInfo peer();

  /**
   * Whether attachments that have an open descriptor are sent as such: the transport can, and the
   * {@link DescriptorPolicy} of both sides lets it. Otherwise their bytes are carried.
   */
  boolean passesDescriptors();

  /**
   * Whether the peer is told reasons and their texts. Not on the Go reference's wire, where a
   * channel or stream that fails just ends or is reset.
   */
  default boolean carriesReasons() {
    return true;
  }

  /**
   * What the session holds now: every stream with its figures. Takes time in proportion to the
   * number of streams, and blocks nobody for longer than it looks at one.
   */
  SessionSnapshot snapshot();

  /**
   * Completes with the reason when the session has ended; {@link ReasonCode#SESSION_CLOSED} where
   * one side closed it in good order. Never completes exceptionally, and never on an I/O thread:
   * what depends on it may block.
   */
  CompletionStage<Reason> closed();

  /**
   * Stops new top-level channels in both directions, waits until the open ones ended, then closes.
   * The peer's {@code open} fails with {@link ReasonCode#DRAINING}.
   *
   * @param timeout how long to wait for open channels; the session is then closed all the same
   * @return whether every channel ended by itself
   * @throws InterruptedException if the thread is interrupted; the session keeps draining
   */
  boolean drain(Duration timeout) throws InterruptedException;

  /**
   * Closes the session in good order: local ends fail with {@link ReasonCode#SESSION_CLOSED}, what
   * was sent before is written out for as long as {@link Options#closeTimeout()}, the peer's ends
   * get the reason. Blocks no longer than that time-out; idempotent; interruption cuts the wait
   * short and keeps the thread's flag.
   */
  @Override
  void close();

  /** Ends the session at once without writing anything out. */
  void abort(Reason reason);
}
