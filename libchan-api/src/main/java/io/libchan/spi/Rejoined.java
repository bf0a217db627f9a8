package io.libchan.spi;

import io.libchan.Reason;
import java.lang.reflect.Type;

/**
 * A channel whose ends were apart, joined by streams that lead from this process back into it, and
 * are together again. What is under way on the streams comes first, and counts for the capacity.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
public final class Rejoined<T> {
  private final MemoryChannel<T> channel;

  /** A channel that nobody uses before {@link #resumeAfter}. */
  public Rejoined(Type type, int capacity, StreamContext context) {
    channel = new MemoryChannel<>(type, capacity, context);
  }

  /** The half for the sender. */
  public SendPort<T> sending() {
    return channel.sending();
  }

  /** The half for the receiver, once it has received what was under way. */
  public ReceivePort<T> receiving() {
    return channel.receiving();
  }

  /**
   * Begins with what is known at the sender's end.
   *
   * @param sent how many messages the sender sent before
   * @param received how many of all messages before were received, at the least; what others sent
   *     and is unread makes it less
   */
  public void resumeAfter(long sent, long received) {
    channel.resumeAfter(sent, received);
  }

  /**
   * The last of what was sent before has arrived.
   *
   * @param unread how many messages, whoever sent them, have arrived and were not received
   */
  public void begin(long unread) {
    channel.begin(unread);
  }

  /** So many of those that were unread were received; may come before {@link #begin} is done. */
  public void received(long count) {
    channel.receivedBefore(count);
  }

  /** Takes no more messages until the receiver's half has gone elsewhere; how many wait. */
  public int hold() {
    return channel.hold();
  }

  /** The receiver's half stays after all. */
  public void release() {
    channel.release();
  }

  /** What was under way is lost: both ends fail. */
  public void fail(Reason reason) {
    channel.fail(reason);
  }
}
