package io.libchan.core.reference;

import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Codec;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.SendPort;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Cuts messages out of a pipe, when somebody receives. A message waits until the streams that it
 * names are there, no longer than the reference time-out. Rules SPDY-10, SPDY-14, SPDY-19.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
final class ReceivingPort<T> implements ReceivePort<T> {
  private final ReferenceSession session;
  private final Pipe pipe;
  private final Type type;
  private final int capacity;
  private final Codec.Format format;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Cutter cutter;
  private final ArrayDeque<Arrived> messages = new ArrayDeque<>(2);
  private @Nullable Reason ended;
  private final WaitList ends = new WaitList();

  /**
   * A port.
   *
   * @throws IllegalArgumentException if the codec can't carry the type
   */
  ReceivingPort(ReferenceSession session, Pipe pipe, Type type, int capacity) {
    this.session = session;
    this.pipe = pipe;
    this.type = type;
    this.capacity = capacity;
    format = session.format(type);
    cutter = new Cutter(session.options().limits(), session.dialect());
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
  public Object poll() throws ChannelException {
    Arrived next;
    lock.lock();
    try {
      if (ended != null && ended.isEnd()) {
        return None.END;
      }
      if (ended != null) {
        throw ChannelException.of(ended);
      }
      next = cut();
      if (next == null) {
        return ended == null ? None.EMPTY : None.END;
      }
      if (!session.streams().find(next)) {
        return None.EMPTY;
      }
      messages.poll();
    } catch (ChannelException e) {
      end(e.reason());
      throw e;
    } finally {
      lock.unlock();
      tellEnd();
    }
    return decode(next);
  }

  private Object decode(Arrived message) throws ChannelException {
    try {
      return message.decode(session, format);
    } catch (MessageRejected e) {
      throw e; // the next message is where it should be
    } catch (ChannelException e) {
      close(e.reason());
      throw e;
    }
  }

  /** The next message; null: none now, or the end. */
  private @Nullable Arrived cut() throws ChannelException {
    while (messages.isEmpty()) {
      byte[] piece = pipe.take();
      if (piece == null) {
        if (cutter.isInside()) {
          throw new ChannelReset(
              Reason.of(ReasonCode.TRUNCATED, "SPDY-19: the stream ended inside a message"));
        }
        end(Reason.END);
        return null;
      }
      if (piece.length == 0) {
        return null;
      }
      try {
        cutter.add(piece, messages);
      } catch (ChannelException e) {
        if (messages.isEmpty()) {
          throw e;
        }
        // Those before it are good; looking again finds the same fault.
        pipe.reset(e.reason());
      }
    }
    return messages.peek();
  }

  /** The first reason counts. Guarded by lock. */
  private void end(Reason reason) {
    if (ended == null) {
      ended = reason;
    }
  }

  private void tellEnd() {
    Waiter woken;
    boolean failed;
    Reason now;
    lock.lock();
    try {
      now = ended;
      woken = now == null ? null : ends.takeAll();
      failed = now != null && !now.isEnd();
    } finally {
      lock.unlock();
    }
    if (failed && now != null) {
      pipe.reset(now);
    }
    WaitList.signal(woken);
  }

  @Override
  public void await(Waiter waiter) {
    lock.lock();
    try {
      Arrived head = messages.peek();
      if (ended == null && head != null && !session.streams().find(head)) {
        session.streams().await(waiter);
        return;
      }
      if (ended == null && head == null) {
        pipe.awaitReadable(waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    waiter.signal();
  }

  @Override
  public void cancel(Waiter waiter) {
    pipe.cancel(waiter);
    session.streams().cancel(waiter);
  }

  @Override
  public void close(Reason reason) {
    ArrayDeque<Arrived> dropped;
    lock.lock();
    try {
      end(reason.isEnd() ? Reason.of(ReasonCode.CANCELLED, "the receiver closed") : reason);
      dropped = new ArrayDeque<>(messages);
      messages.clear();
    } finally {
      lock.unlock();
    }
    for (Arrived message : dropped) {
      session.streams().find(message);
      message.release(reason);
    }
    tellEnd();
  }

  @Override
  public @Nullable Reason ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onEnd(Waiter waiter) {
    lock.lock();
    try {
      if (ended == null) {
        ends.add(waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    waiter.signal();
  }

  @Override
  public void relayTo(SendPort<T> target) {
    MessageRelay.join(this, target, session.environment());
  }
}
