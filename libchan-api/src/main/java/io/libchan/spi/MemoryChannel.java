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
  private @Nullable WaitList offerers; // who would send if there were a receiver; rare
  private long sent;
  private long received; // withdrawn ones count too: the number is spent
  private @Nullable Reason senderReason;
  private @Nullable Reason receiverReason;
  private volatile @Nullable Reason broken; // by neither end; read without it at each send
  private volatile @Nullable SendPort<T> downstream; // read without it at each send
  private @Nullable ReceivePort<T> upstream;
  private boolean migrating; // there is no room until the queue is where it goes
  private boolean resuming; // it is not known yet what is under way on streams
  private long resumeReceived; // what was known to be received when it began to resume
  private long resumeSent;

  MemoryChannel(Type type, int capacity, @Nullable StreamContext context) {
    this.type = type;
    this.capacity = capacity;
    this.context = context;
  }

  Sending sending() {
    return sending;
  }

  /** What it was made for; null: whatever is done when an end of it is sent away. */
  Receiving receiving() {
    return receiving;
  }

  /**
   * The sender's end went to a peer: after the queue the receiver goes on with this port. If the
   * receiver's end went away too, what comes in there goes on to where that end went.
   */
  private void receiveFrom(ReceivePort<T> port) {
    Reason closed;
    SendPort<T> target;
    Waiter[] woken;
    lock.lock();
    try {
      upstream = port;
      target = downstream;
      closed = broken != null ? broken : receiverReason;
      // Senders wait at an end that is gone: they find that out.
      woken = new Waiter[] {receivers.takeAll(), senders.takeAll(), ends.takeAll()};
    } finally {
      lock.unlock();
    }
    if (target != null) {
      target.relayFrom(port); // or its successor does
    } else if (closed != null) {
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
  private void sendTo(SendPort<T> port) {
    long lastNumber;
    lock.lock();
    try {
      migrating = true;
      // Of a channel that is over nobody will receive what was dropped.
      lastNumber = receiverReason != null || broken != null ? received : sent - queue.size();
    } finally {
      lock.unlock();
    }
    port.adopt(lastNumber);
    drainTo(port);
  }

  /** Sends what is queued as far as there is room, and comes back for the rest. */
  private void drainTo(SendPort<T> port) {
    try {
      for (T message = first(); message != null; message = first()) {
        if (port.trySend(message) <= 0) {
          port.awaitRoom(() -> port.execute(() -> drainTo(port)));
          return;
        }
        removeFirst();
      }
    } catch (ChannelException e) {
      port.refuse(e.reason()); // first: the end that the sender may have made comes after a loss
    } catch (RuntimeException e) {
      port.refuse(Reason.of(ReasonCode.FAILED, "a queued message can't be sent on: " + e));
    }
    // Where the port fails, the sender goes on with it all the same and learns why.
    continueWith(port);
  }

  private void continueWith(SendPort<T> port) {
    Reason closed;
    ReceivePort<T> source;
    Waiter[] woken;
    lock.lock();
    try {
      migrating = false;
      downstream = port;
      source = upstream;
      closed = broken != null ? broken : senderReason;
      // Receivers wait at an end that is gone: they find that out.
      woken =
          new Waiter[] {
            receivers.takeAll(),
            senders.takeAll(),
            takeOfferers(),
            receipts.takeAll(),
            ends.takeAll()
          };
    } finally {
      lock.unlock();
    }
    if (source != null) {
      port.relayFrom(source); // which adopts in its own time
    } else {
      if (closed != null) {
        port.close(closed);
      }
      port.adopted();
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  // ---- ends that came back ----

  /**
   * Goes on where a stream ends: so many messages were sent before, of which at least so many were
   * received.
   */
  void resumeAfter(long sentBefore, long receivedBefore) {
    lock.lock();
    try {
      sent = sentBefore;
      received = receivedBefore;
      resumeSent = sentBefore;
      resumeReceived = receivedBefore;
      resuming = true;
    } finally {
      lock.unlock();
    }
  }

  /** The last of what was sent before has arrived; so many of all that arrived are unread. */
  void begin(long unread) {
    Waiter[] woken;
    lock.lock();
    try {
      received += resumeSent - resumeReceived - unread;
      resuming = false;
      Waiter over = ended() ? ends.takeAll() : null;
      woken = new Waiter[] {senders.takeAll(), receipts.takeAll(), over};
    } finally {
      lock.unlock();
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  /** So many more of what was sent before {@link #begin} were received. */
  void receivedBefore(long count) {
    Waiter[] woken;
    lock.lock();
    try {
      received += count;
      Waiter over = ended() ? ends.takeAll() : null;
      woken = new Waiter[] {senders.takeAll(), receipts.takeAll(), over};
    } finally {
      lock.unlock();
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  /** There is no more room until {@link #sendTo}; how many messages wait for that. */
  int hold() {
    lock.lock();
    try {
      migrating = true;
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  /** The end of {@link #hold} where the queue stays. */
  void release() {
    Waiter[] woken;
    lock.lock();
    try {
      migrating = false;
      woken = new Waiter[] {senders.takeAll(), receivers.takeAll()};
    } finally {
      lock.unlock();
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  /** Whether the sender closed it and everything was received. Guarded by lock. */
  private boolean ended() {
    return senderReason != null && queue.isEmpty() && sent == received && !resuming;
  }

  /** Ends the channel for both, without their doing. */
  void fail(Reason reason) {
    SendPort<T> target;
    ReceivePort<T> source;
    Waiter[] woken;
    lock.lock();
    try {
      target = downstream;
      source = upstream;
      if (broken == null) {
        broken = reason;
      }
      woken =
          new Waiter[] {
            receivers.takeAll(),
            senders.takeAll(),
            takeOfferers(),
            receipts.takeAll(),
            ends.takeAll()
          };
    } finally {
      lock.unlock();
    }
    if (target != null) {
      target.close(reason);
    }
    if (source != null) {
      source.close(reason);
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  private @Nullable Waiter takeOfferers() {
    return offerers == null ? null : offerers.takeAll();
  }

  private @Nullable T first() {
    lock.lock();
    try {
      return queue.peek();
    } finally {
      lock.unlock();
    }
  }

  private void removeFirst() {
    lock.lock();
    try {
      queue.poll();
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

    /** What the channel was made for; null if for nothing. */
    @Nullable StreamContext madeFor() {
      return context;
    }

    @Override
    public @Nullable SendPort<T> successor() {
      return broken == null ? downstream : null;
    }

    @Override
    public @Nullable String codec() {
      SendPort<T> next = successor();
      return next == null ? null : next.codec();
    }

    @Override
    public void relayFrom(ReceivePort<T> source) {
      receiveFrom(source);
    }

    @Override
    public long trySend(T message) throws ChannelException {
      Waiter woken;
      long number;
      lock.lock();
      try {
        if (broken != null) {
          throw ChannelException.of(broken);
        }
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
      SendPort<T> next;
      lock.lock();
      try {
        if (received >= number) {
          return true;
        }
        next = downstream;
        Reason over = broken != null ? broken : receiverReason;
        if (next == null && over != null) {
          throw ChannelException.of(over);
        }
      } finally {
        lock.unlock();
      }
      return next != null && next.isReceived(number);
    }

    @Override
    public void requestReceipt() {}

    @Override
    public Withdrawal withdraw(long number) throws ChannelException {
      SendPort<T> next = successor();
      return next == null ? withdrawHere(number) : next.withdraw(number);
    }

    private Withdrawal withdrawHere(long number) {
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
        if (broken != null && queue.isEmpty()) {
          return Withdrawal.WITHDRAWN; // lost with what broke the channel
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
        boolean open = receiverReason == null && senderReason == null && broken == null;
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
    public boolean hasReceiver() {
      lock.lock();
      try {
        return !receivers.isEmpty();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void awaitReceiver(Waiter waiter) {
      lock.lock();
      try {
        boolean open = receiverReason == null && senderReason == null && broken == null;
        if (open && receivers.isEmpty() && downstream == null && upstream == null) {
          if (offerers == null) {
            offerers = new WaitList();
          }
          offerers.add(waiter);
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
        boolean open = receiverReason == null && broken == null && downstream == null;
        if (received < number && open) {
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
        boolean offering = offerers != null && offerers.remove(waiter);
        boolean waiting = senders.remove(waiter) || receipts.remove(waiter);
        if (!waiting && !offering && hasRoom()) {
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
              receivers.takeAll(),
              senders.takeAll(),
              takeOfferers(),
              queue.isEmpty() ? ends.takeAll() : null
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
        if (broken != null || receiverReason != null) {
          return broken != null ? broken : receiverReason;
        }
        return received == sent && !resuming ? senderReason : null;
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

    /** What the channel was made for; null if for nothing. */
    @Nullable StreamContext madeFor() {
      return context;
    }

    @Override
    public @Nullable ReceivePort<T> successor() {
      lock.lock();
      try {
        return queue.isEmpty() && broken == null ? upstream : null;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public @Nullable String codec() {
      lock.lock();
      try {
        return upstream == null ? null : upstream.codec();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void relayTo(SendPort<T> target) {
      sendTo(target);
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
      if (broken != null) {
        throw ChannelException.of(broken);
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
      boolean ended = senderReason != null || receiverReason != null || broken != null;
      return !queue.isEmpty() || ended || upstream != null || downstream != null;
    }

    @Override
    public void await(Waiter waiter) {
      Waiter woken;
      lock.lock();
      try {
        if (hasNews()) {
          woken = waiter;
        } else {
          receivers.add(waiter);
          woken = takeOfferers();
        }
      } finally {
        lock.unlock();
      }
      WaitList.signal(woken);
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
        if (receiverReason != null || MemoryChannel.this.ended()) {
          return; // over already, for a reason that stays
        }
        receiverReason = reason;
        dropped = List.copyOf(queue);
        queue.clear();
        woken =
            new Waiter[] {
              receivers.takeAll(),
              senders.takeAll(),
              takeOfferers(),
              receipts.takeAll(),
              ends.takeAll()
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
        if (receiverReason != null) {
          return receiverReason;
        }
        return !queue.isEmpty() ? null : broken != null ? broken : senderReason;
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
