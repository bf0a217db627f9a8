package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.Select;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Receives. Not thread-safe: the select's. */
final class ReceiveClause<T> extends Clause {
  private final PortReceiver<T> end;
  private final Select.Handler<? super T> onMessage;
  private @Nullable T message;
  private @Nullable ReceivePort<T> waitsAt;

  ReceiveClause(
      PortReceiver<T> end,
      Select.Handler<? super T> onMessage,
      Select.@Nullable Handler<? super Reason> onEnd) {
    super(onEnd);
    this.end = end;
    this.onMessage = Objects.requireNonNull(onMessage);
  }

  @Override
  Object end() {
    return end;
  }

  @Override
  @SuppressWarnings("unchecked") // a port gives a T or a None
  boolean take() throws ChannelException {
    Object next;
    try {
      next = end.next();
    } catch (ChannelException e) {
      failed(e, end.port().ended());
      return true;
    }
    if (next instanceof ReceivePort.None none) {
      return none == ReceivePort.None.END && ended();
    }
    message = (T) next;
    return true;
  }

  @Override
  void await(Waiter waiter) {
    ReceivePort<T> port = end.port();
    waitsAt = port;
    port.await(waiter);
  }

  @Override
  void cancel(Waiter waiter) {
    ReceivePort<T> port = waitsAt;
    waitsAt = null;
    if (port != null) {
      port.cancel(waiter);
    }
  }

  @Override
  void runTaken() throws ChannelException, InterruptedException {
    T taken = Objects.requireNonNull(message);
    message = null;
    onMessage.handle(taken);
  }
}
