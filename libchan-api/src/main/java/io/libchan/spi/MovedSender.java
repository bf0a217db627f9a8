package io.libchan.spi;

import io.libchan.Reason;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * What stands behind a sending end that was sent away, in place of the channel that it was an end
 * of: nothing is sent here any more, and the channel ends when it ends where the receiving end goes
 * on. So an end that an application keeps for long does not keep the channel.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
final class MovedSender<T> implements SendPort<T> {
  private final ReceivePort<T> after;

  MovedSender(ReceivePort<T> after) {
    this.after = after;
  }

  @Override
  public Type type() {
    return after.type();
  }

  @Override
  public int capacity() {
    return after.capacity();
  }

  @Override
  public StreamContext context() {
    return after.context();
  }

  /** The end's owner tells whoever asks again that it was sent away. */
  @Override
  public long trySend(T message) {
    return SUPERSEDED;
  }

  @Override
  public long sent() {
    return 0;
  }

  /** Only for who asked for this port while the end was being sent away: nothing was sent here. */
  @Override
  public boolean isReceived(long number) {
    throw new IllegalStateException("this end was sent away");
  }

  @Override
  public void requestReceipt() {}

  @Override
  public Withdrawal withdraw(long number) {
    return Withdrawal.PENDING;
  }

  @Override
  public void awaitRoom(Waiter waiter) {
    waiter.signal();
  }

  @Override
  public void awaitReceiver(Waiter waiter) {
    waiter.signal();
  }

  @Override
  public void awaitReceipt(long number, Waiter waiter) {
    waiter.signal();
  }

  @Override
  public void cancel(Waiter waiter) {}

  @Override
  public void close(Reason reason) {}

  @Override
  public @Nullable Reason ended() {
    return after.ended();
  }

  @Override
  public void onEnd(Waiter waiter) {
    after.onEnd(
        () -> {
          if (after.ended() != null) {
            waiter.signal();
          }
        });
  }
}
