package io.libchan.core.reference;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.SendPort;
import io.libchan.spi.Waiter;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages on a pipe. There is room while less is queued than the limit named {@code
 * queued-bytes}; what left for the peer can't be counted, as the reference never says what it
 * received. Rules SPDY-10, SPDY-20, SPDY-21.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
final class SendingPort<T> implements SendPort<T> {
  private static final Reason NOT_SENT =
      Reason.of(ReasonCode.CANCELLED, "the message was not sent");

  private final ReferenceSession session;
  private final Pipe pipe;
  private final Type type;
  private final int capacity;
  private final AtomicLong sent = new AtomicLong();

  /**
   * A port.
   *
   * @throws IllegalArgumentException if the codec can't carry the type
   */
  SendingPort(ReferenceSession session, Pipe pipe, Type type, int capacity) {
    this.session = session;
    this.pipe = pipe;
    this.type = type;
    this.capacity = capacity;
    session.format(type); // tells now what would fail each message
  }

  @Override
  public Type type() {
    return type;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public long trySend(T message) throws ChannelException {
    if (pipe.outputEnded()) {
      throw new IllegalStateException("this end is closed");
    }
    if (!pipe.hasRoom()) {
      return NO_ROOM;
    }
    Codec.Format format = session.format(type);
    EncodeBuffer buffer = session.borrowBuffer();
    Attached attached = new Attached(session);
    boolean done = false;
    try {
      format.encode(message, attached, buffer);
      byte[] bytes = Arrays.copyOf(buffer.array(), buffer.length());
      attached.open(pipe);
      pipe.add(bytes);
      done = true;
    } finally {
      session.giveBack(buffer);
      if (!done) {
        attached.undo(NOT_SENT);
      }
    }
    attached.commit();
    return sent.incrementAndGet();
  }

  @Override
  public long sent() {
    return sent.get();
  }

  @Override
  public boolean isReceived(long number) {
    throw ReferenceSession.cannot("SPDY-21: the reference never says what it received");
  }

  @Override
  public void requestReceipt() {
    throw ReferenceSession.cannot("SPDY-21: flush, as the reference never says what it received");
  }

  @Override
  public Withdrawal withdraw(long number) {
    throw ReferenceSession.cannot("SPDY-20: a message can't be asked back");
  }

  @Override
  public void awaitRoom(Waiter waiter) {
    pipe.awaitWritable(waiter);
  }

  @Override
  public void awaitReceipt(long number, Waiter waiter) {
    waiter.signal();
  }

  @Override
  public void cancel(Waiter waiter) {
    pipe.cancel(waiter);
  }

  @Override
  public void close(Reason reason) {
    if (reason.isEnd()) {
      pipe.closeOutput();
    } else {
      pipe.reset(reason);
    }
  }

  @Override
  public @Nullable Reason ended() {
    return pipe.outputOver();
  }

  @Override
  public void onEnd(Waiter waiter) {
    pipe.onEnd(waiter);
  }

  @Override
  public void relayFrom(ReceivePort<T> source) {
    source.relayTo(this);
  }

  @Override
  public void execute(Runnable task) {
    session.environment().execute(task);
  }

  @Override
  public void refuse(Reason reason) {
    pipe.reset(reason);
  }
}
