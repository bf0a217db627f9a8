package io.libchan.async;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.spi.SendPort;
import io.libchan.spi.Waiter;
import java.lang.reflect.Type;

/** A port that gives no word of receipts until it was asked, as a remote one may. */
public class AskedPort<T> implements SendPort<T> {
  private final SendPort<T> inner;
  private volatile boolean asked;

  public AskedPort(SendPort<T> inner) {
    this.inner = inner;
  }

  @Override
  public Type type() {
    return inner.type();
  }

  @Override
  public int capacity() {
    return inner.capacity();
  }

  @Override
  public long trySend(T message) throws ChannelException {
    return inner.trySend(message);
  }

  @Override
  public long sent() {
    return inner.sent();
  }

  @Override
  public boolean isReceived(long number) throws ChannelException {
    return asked && inner.isReceived(number);
  }

  @Override
  public void requestReceipt() {
    asked = true;
    inner.requestReceipt();
  }

  @Override
  public Withdrawal withdraw(long number) throws ChannelException {
    return inner.withdraw(number);
  }

  @Override
  public void awaitRoom(Waiter waiter) {
    inner.awaitRoom(waiter);
  }

  @Override
  public void awaitReceipt(long number, Waiter waiter) {
    if (asked) {
      inner.awaitReceipt(number, waiter);
    } // else nobody would ever signal it
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
