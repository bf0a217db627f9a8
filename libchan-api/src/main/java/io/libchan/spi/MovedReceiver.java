package io.libchan.spi;

import io.libchan.Reason;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * As {@link MovedSender}, of a receiving end: the channel ends when it ends where the sending end
 * goes on. Thread-safe.
 *
 * @param <T> the message type
 */
final class MovedReceiver<T> implements ReceivePort<T> {
  private final SendPort<T> after;

  MovedReceiver(SendPort<T> after) {
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
  public Object poll() {
    return None.SUPERSEDED;
  }

  @Override
  public void await(Waiter waiter) {
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
