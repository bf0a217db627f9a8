package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A channel inside this process: one queue between a {@link Sending} and a {@link Receiving} half.
 *
 * <p>When an end is sent to a peer, the half of the end that stays gets a successor: a port that
 * talks to the peer. What is queued is received (or sent on) first, so order holds across the move.
 *
 * <p>Thread-safe.
 */
final class MemoryChannel<T> {
  private final Type type;
  private final int capacity;
  private final @Nullable StreamContext context;
  private final Sending sending = new Sending();
  private final Receiving receiving = new Receiving();

  private final ReentrantLock lock = new ReentrantLock();

  // All below is guarded by lock.
  private final ArrayDeque<T> queue = new ArrayDeque<>(2);
  private final WaitList receivers = new WaitList();
  private final WaitList senders = new WaitList();
  private final WaitList receipts = new WaitList();
  private final WaitList ends = new WaitList();
  private long sent;
  private long received; // withdrawn ones count too: the number is spent
  private @Nullable Reason senderReason;
  private @Nullable Reason receiverReason;
  private @Nullable SendPort<T> downstream;
  private @Nullable ReceivePort<T> upstream;
  private boolean migrating;
  private boolean claimed;

  MemoryChannel(Type type, int capacity, @Nullable StreamContext context) {
    this.type = type;
    this.capacity = capacity;
    this.context = context;
  }

  Sending sending() {
    return sending;
  }

  /** What it was made for; null: whatever is done when an end of it is sent away. */
  @Nullable StreamContext context() {
    return context;
  }

  Receiving receiving() {
    return receiving;
  }

  /** The number of messages received, final: from now on the queue is the successor's. */
  long received() {
    lock.lock();
    try {
      migrating = true;
      return received;
    } finally {
      lock.unlock();
    }
  }

  /** Takes the right to send one end away, of which there is one; whether it was there. */
  boolean claim() {
    lock.lock();
    try {
      boolean free = !claimed && upstream == null && downstream == null && !migrating;
      claimed |= free;
      return free;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the right back: the end was not sent away. */
  void unclaim() {
    lock.lock();
    try {
      claimed = false;
    } finally {
      lock.unlock();
    }
  }

  /** The sender's end went to a peer: after the queue the receiver goes on with this port. */
  void receiveFrom(ReceivePort<T> port) {
    Reason closed;
    Waiter[] woken;
    lock.lock();
    try {
      upstream = port;
      closed = receiverReason;
      // Senders wait at an end that is gone: they find that out.
      woken = new Waiter[] {receivers.takeAll(), senders.takeAll(), ends.takeAll()};
    } finally {
      lock.unlock();
    }
    if (closed != null) {
      port.close(closed);
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  /**
   * The receiver's end went to a peer: the queue goes there first, then the sender goes on with
   * this port. Senders find no room meanwhile.
   */
  void sendTo(SendPort<T> port) throws ChannelException {
    lock.lock();
    try {
      migrating = true;
    } finally {
      lock.unlock();
    }
    try {
      for (T message = next(); message != null; message = next()) {
        if (port.trySend(message) <= 0) {
          throw ChannelException.of(
              Reason.of(ReasonCode.INTERNAL, "no room for a message that was queued"));
        }
      }
    } catch (ChannelException e) {
      port.close(e.reason()); // first: the end that the sender may have made comes after a loss
      throw e;
    } finally {
      // Where the port fails, the sender goes on with it all the same and learns why.
      continueWith(port);
    }
  }

  private void continueWith(SendPort<T> port) {
    Reason closed;
    Waiter[] woken;
    lock.lock();
    try {
      migrating = false;
      downstream = port;
      closed = senderReason;
      // Receivers wait at an end that is gone: they find that out.
      woken =
          new Waiter[] {receivers.takeAll(), senders.takeAll(), receipts.takeAll(), ends.takeAll()};
    } finally {
      lock.unlock();
    }
    if (closed != null) {
      port.close(closed);
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  private @Nullable T next() {
    lock.lock();
    try {
      return queue.poll();
    } finally {
      lock.unlock();
    }
  }

  /** The half that a {@link io.libchan.Sender} uses. */
  final class Sending implements SendPort<T> {
    @Override
    public Type type() {
      return type;
    }

    @Override
    public int capacity() {
      return capacity;
    }

    @Override
    public StreamContext context() {
      return context == null ? StreamContext.NONE : context;
    }

    @Nullable SendPort<T> successor() {
      lock.lock();
      try {
        return downstream;
      } finally {
        lock.unlock();
      }
    }

    MemoryChannel<T> channel() {
      return MemoryChannel.this;
    }

    @Override
    public long trySend(T message) throws ChannelException {
      Waiter woken;
      long number;
      lock.lock();
      try {
        if (downstream != null || upstream != null) {
          return SUPERSEDED; // by a successor, or because this end is not here any more
        }
        if (receiverReason != null) {
          throw ChannelException.of(receiverReason);
        }
        if (senderReason != null) {
          throw new IllegalStateException("this end is closed");
        }
        if (!hasRoom()) {
          return NO_ROOM;
        }
        queue.add(message);
        number = ++sent;
        woken = receivers.take();
      } finally {
        lock.unlock();
      }
      WaitList.signal(woken);
      return number;
    }

    private boolean hasRoom() {
      return !migrating && sent - received < Math.max(1, capacity);
    }

    @Override
    public long sent() {
      lock.lock();
      try {
        return sent;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean isReceived(long number) throws ChannelException {
      lock.lock();
      try {
        if (received >= number) {
          return true;
        }
        if (receiverReason != null) {
          throw ChannelException.of(receiverReason);
        }
        return false;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void requestReceipt() {}

    @Override
    public Withdrawal withdraw(long number) {
      Waiter room;
      Waiter receipt;
      Waiter ended;
      lock.lock();
      try {
        if (received >= number) {
          return Withdrawal.RECEIVED;
        }
        if (receiverReason != null) {
          return Withdrawal.WITHDRAWN; // dropped by the receiver
        }
        if (migrating || queue.isEmpty()) {
          return Withdrawal.PENDING;
        }
        queue.removeLast();
        received++;
        room = senders.take();
        receipt = receipts.takeAll();
        ended = senderReason != null ? ends.takeAll() : null;
      } finally {
        lock.unlock();
      }
      WaitList.signal(room);
      WaitList.signal(receipt);
      WaitList.signal(ended);
      return Withdrawal.WITHDRAWN;
    }

    @Override
    public void awaitRoom(Waiter waiter) {
      lock.lock();
      try {
        boolean open = receiverReason == null && senderReason == null;
        if (open && !hasRoom() && downstream == null && upstream == null) {
          senders.add(waiter);
          return;
        }
      } finally {
        lock.unlock();
      }
      waiter.signal();
    }

    @Override
    public void awaitReceipt(long number, Waiter waiter) {
      lock.lock();
      try {
        if (received < number && receiverReason == null && downstream == null) {
          receipts.add(waiter);
          return;
        }
      } finally {
        lock.unlock();
      }
      waiter.signal();
    }

    @Override
    public void cancel(Waiter waiter) {
      Waiter next = null;
      lock.lock();
      try {
        if (!senders.remove(waiter) && !receipts.remove(waiter) && hasRoom()) {
          next = senders.take();
        }
      } finally {
        lock.unlock();
      }
      WaitList.signal(next);
    }

    @Override
    public void close(Reason reason) {
      SendPort<T> successor;
      Waiter[] woken;
      lock.lock();
      try {
        successor = downstream;
        if (senderReason == null) {
          senderReason = reason;
        }
        woken =
            new Waiter[] {
              receivers.takeAll(), senders.takeAll(), queue.isEmpty() ? ends.takeAll() : null
            };
      } finally {
        lock.unlock();
      }
      if (successor != null) {
        successor.close(reason);
      }
      for (Waiter waiter : woken) {
        WaitList.signal(waiter);
      }
    }

    @Override
    public @Nullable Reason ended() {
      lock.lock();
      try {
        return receiverReason != null ? receiverReason : received == sent ? senderReason : null;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void onEnd(Waiter waiter) {
      lock.lock();
      try {
        if (ended() == null && downstream == null) {
          ends.add(waiter);
          return;
        }
      } finally {
        lock.unlock();
      }
      waiter.signal();
    }
  }

  /** The half that a {@link io.libchan.Receiver} uses. */
  final class Receiving implements ReceivePort<T> {
    @Override
    public Type type() {
      return type;
    }

    @Override
    public int capacity() {
      return capacity;
    }

    @Nullable ReceivePort<T> successor() {
      lock.lock();
      try {
        return queue.isEmpty() ? upstream : null;
      } finally {
        lock.unlock();
      }
    }

    MemoryChannel<T> channel() {
      return MemoryChannel.this;
    }

    @Override
    public Object poll() throws ChannelException {
      T message;
      Waiter room;
      Waiter receipt;
      Waiter ended = null;
      lock.lock();
      try {
        if (migrating || downstream != null) {
          return None.SUPERSEDED; // this end is not here any more
        }
        message = queue.poll();
        if (message == null) {
          return nothing();
        }
        received++;
        room = senders.take();
        receipt = receipts.takeAll();
        if ((senderReason != null || upstream != null) && queue.isEmpty()) {
          ended = ends.takeAll();
        }
      } finally {
        lock.unlock();
      }
      WaitList.signal(room);
      WaitList.signal(receipt);
      WaitList.signal(ended);
      return message;
    }

    private None nothing() throws ChannelException {
      if (receiverReason != null) {
        throw new IllegalStateException("this end is closed");
      }
      if (upstream != null) {
        return None.SUPERSEDED;
      }
      if (senderReason == null) {
        return None.EMPTY;
      }
      if (senderReason.isEnd()) {
        return None.END;
      }
      throw ChannelException.of(senderReason);
    }

    private boolean hasNews() {
      boolean ended = senderReason != null || receiverReason != null;
      return !queue.isEmpty() || ended || upstream != null || downstream != null;
    }

    @Override
    public void await(Waiter waiter) {
      lock.lock();
      try {
        if (!hasNews()) {
          receivers.add(waiter);
          return;
        }
      } finally {
        lock.unlock();
      }
      waiter.signal();
    }

    @Override
    public void cancel(Waiter waiter) {
      Waiter next = null;
      lock.lock();
      try {
        if (!receivers.remove(waiter) && hasNews()) {
          next = receivers.take();
        }
      } finally {
        lock.unlock();
      }
      WaitList.signal(next);
    }

    @Override
    public void close(Reason reason) {
      ReceivePort<T> successor;
      List<T> dropped;
      Waiter[] woken;
      lock.lock();
      try {
        successor = upstream;
        if (receiverReason != null || (senderReason != null && queue.isEmpty())) {
          return; // over already, for a reason that stays
        }
        receiverReason = reason;
        dropped = List.copyOf(queue);
        queue.clear();
        woken =
            new Waiter[] {
              receivers.takeAll(), senders.takeAll(), receipts.takeAll(), ends.takeAll()
            };
      } finally {
        lock.unlock();
      }
      if (successor != null) {
        successor.close(reason);
      }
      for (Waiter waiter : woken) {
        WaitList.signal(waiter);
      }
      for (T message : dropped) {
        if (message instanceof Undelivered told) {
          told.undelivered(reason);
        }
      }
    }

    @Override
    public @Nullable Reason ended() {
      lock.lock();
      try {
        return receiverReason != null ? receiverReason : queue.isEmpty() ? senderReason : null;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void onEnd(Waiter waiter) {
      lock.lock();
      try {
        if (ended() == null && successor() == null) {
          ends.add(waiter);
          return;
        }
      } finally {
        lock.unlock();
      }
      waiter.signal();
    }
  }
}
