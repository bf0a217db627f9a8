package io.libchan.async;

import io.libchan.ChannelException;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.Waiter;
import java.lang.reflect.Type;
import java.util.function.Function;

/** A port that rejects some messages, each for a reason, as decoding does. */
record PickyPort<T>(ReceivePort<T> inner, Function<T, Reason> judge) implements ReceivePort<T> {
  @Override
  public Type type() {
    return inner.type();
  }

  @Override
  public int capacity() {
    return inner.capacity();
  }

  @Override
  @SuppressWarnings("unchecked") // a port gives a T or a None
  public Object poll() throws ChannelException {
    Object next = inner.poll();
    Reason rejected = next instanceof None ? null : judge.apply((T) next);
    if (rejected != null) {
      throw new MessageRejected(rejected);
    }
    return next;
  }

  @Override
  public void await(Waiter waiter) {
    inner.await(waiter);
  }

  @Override
  public void cancel(Waiter waiter) {
    inner.cancel(waiter);
  }

  @Override
  public void close(Reason reason) {
    inner.close(reason);
  }

  @Override
  public Reason ended() {
    return inner.ended();
  }

  @Override
  public void onEnd(Waiter waiter) {
    inner.onEnd(waiter);
  }
}
