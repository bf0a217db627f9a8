package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A channel inside this process: one queue between a {@link Sending} and a {@link Receiving} half.
 *
 * <p>When an end is sent to a peer, the half of the end that stays gets a successor: a port that
 * talks to the peer. What is queued is received (or sent on) first, so order holds across the move.
 *
 * <p>Thread-safe.
 */
final class MemoryChannel<T> extends MemoryQueue<T> {
  private final Type type;
  private final @Nullable StreamContext context;
  private final Sending sending = new Sending();
  private final Receiving receiving = new Receiving();

  // All below is guarded by the lock: between enter() and exit().
  private final WaitList ends = new WaitList();
  private @Nullable WaitList offerers; // who would send if there were a receiver; rare
  private @Nullable Reason senderReason;
  private @Nullable Reason receiverReason;
  private volatile @Nullable Reason broken; // by neither end; read without it at each send
  private volatile @Nullable SendPort<T> downstream; // read without it at each send
  private volatile @Nullable ReceivePort<T> upstream; // read without it at each look for it
  private boolean migrating; // there is no room until the queue is where it goes
  private boolean resuming; // it is not known yet what is under way on streams
  private long resumeReceived; // what was known to be received when it began to resume
  private long resumeSent;

  MemoryChannel(Type type, int capacity, @Nullable StreamContext context) {
    super(capacity);
    this.type = type;
    this.context = context;
  }

  Sending sending() {
    return sending;
  }

  /** What it was made for; null: whatever is done when an end of it is sent away. */
  Receiving receiving() {
    return receiving;
  }

  @Override
  boolean isOrdinary() {
    boolean over = senderReason != null || receiverReason != null || broken != null;
    boolean moved = migrating || downstream != null || upstream != null;
    return !over && !moved && !resuming;
  }

  // ---- ends that go away ----

  /**
   * The sender's end went to a peer: after the queue the receiver goes on with this port. If the
   * receiver's end went away too, what comes in there goes on to where that end went.
   */
  private void receiveFrom(ReceivePort<T> port) {
    Reason closed;
    SendPort<T> target;
    Waiter[] woken;
    enter();
    try {
      upstream = port;
      target = downstream;
      closed = broken != null ? broken : receiverReason;
      // Senders wait at an end that is gone: they find that out.
      woken = new Waiter[] {receivers.takeAll(), senders.takeAll(), ends.takeAll()};
    } finally {
      exit();
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
    enter();
    try {
      migrating = true;
      // Of a channel that is over nobody will receive what was dropped.
      lastNumber = receiverReason != null || broken != null ? received : sent - size();
    } finally {
      exit();
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
    enter();
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
      exit();
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
    enter();
    try {
      sent = sentBefore;
      received = receivedBefore;
      resumeSent = sentBefore;
      resumeReceived = receivedBefore;
      resuming = true;
    } finally {
      exit();
    }
  }

  /** The last of what was sent before has arrived; so many of all that arrived are unread. */
  void begin(long unread) {
    Waiter[] woken;
    enter();
    try {
      received += resumeSent - resumeReceived - unread;
      resuming = false;
      Waiter over = ended() ? ends.takeAll() : null;
      woken = new Waiter[] {senders.takeAll(), receipts.takeAll(), over};
    } finally {
      exit();
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  /** So many more of what was sent before {@link #begin} were received. */
  void receivedBefore(long count) {
    Waiter[] woken;
    enter();
    try {
      received += count;
      Waiter over = ended() ? ends.takeAll() : null;
      woken = new Waiter[] {senders.takeAll(), receipts.takeAll(), over};
    } finally {
      exit();
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  /** There is no more room until {@link #sendTo}; how many messages wait for that. */
  int hold() {
    enter();
    try {
      migrating = true;
      return size();
    } finally {
      exit();
    }
  }

  /** The end of {@link #hold} where the queue stays. */
  void release() {
    Waiter[] woken;
    enter();
    try {
      migrating = false;
      woken = new Waiter[] {senders.takeAll(), receivers.takeAll()};
    } finally {
      exit();
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  /** Whether the sender closed it and everything was received. Guarded by lock. */
  private boolean ended() {
    return senderReason != null && size() == 0 && sent == received && !resuming;
  }

  /** Ends the channel for both, without their doing. */
  void fail(Reason reason) {
    SendPort<T> target;
    ReceivePort<T> source;
    Waiter[] woken;
    enter();
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
      exit();
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
    enter();
    try {
      return peek();
    } finally {
      exit();
    }
  }

  private void removeFirst() {
    enter();
    try {
      remove();
    } finally {
      exit();
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
      Passage<T> fast = passage();
      if (fast != null) {
        long number = fast.offer(message);
        if (number != Passage.LOCKED) {
          return number == Passage.FULL ? NO_ROOM : number;
        }
      }
      return trySendLocked(message);
    }

    private long trySendLocked(T message) throws ChannelException {
      Waiter woken;
      long number;
      enter();
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
        add(message);
        number = ++sent;
        woken = takeReceiver();
      } finally {
        exit();
      }
      WaitList.signal(woken);
      return number;
    }

    private boolean hasRoom() {
      return !migrating && sent - received < places();
    }

    @Override
    public long sent() {
      enter();
      try {
        return sent;
      } finally {
        exit();
      }
    }

    @Override
    public boolean spinForRoom() {
      Passage<T> fast = passage();
      return fast != null && fast.spinForRoom();
    }

    @Override
    public boolean spinForReceipt(long number) {
      Passage<T> fast = passage();
      return fast != null && fast.spinForReceipt(number);
    }

    @Override
    public boolean isReceived(long number) throws ChannelException {
      Passage<T> fast = passage();
      if (fast != null && fast.isReceived(number)) {
        return true;
      }
      SendPort<T> next;
      enter();
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
        exit();
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
      enter();
      try {
        if (received >= number) {
          return Withdrawal.RECEIVED;
        }
        if (receiverReason != null) {
          return Withdrawal.WITHDRAWN; // dropped by the receiver
        }
        if (broken != null && size() == 0) {
          return Withdrawal.WITHDRAWN; // lost with what broke the channel
        }
        if (migrating || size() == 0) {
          return Withdrawal.PENDING;
        }
        remove(); // with capacity 0 it is the only one
        received++;
        room = senders.take();
        receipt = receipts.takeAll();
        ended = senderReason != null ? ends.takeAll() : null;
      } finally {
        exit();
      }
      WaitList.signal(room);
      WaitList.signal(receipt);
      WaitList.signal(ended);
      return Withdrawal.WITHDRAWN;
    }

    @Override
    public void awaitRoom(Waiter waiter) {
      enter();
      try {
        boolean open = receiverReason == null && senderReason == null && broken == null;
        if (open && !hasRoom() && downstream == null && upstream == null) {
          senders.add(waiter);
          parksToSend();
          return;
        }
      } finally {
        exit();
      }
      waiter.signal();
    }

    @Override
    public boolean hasReceiver() {
      enter();
      try {
        return !receivers.isEmpty();
      } finally {
        exit();
      }
    }

    @Override
    public void awaitReceiver(Waiter waiter) {
      enter();
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
        exit();
      }
      waiter.signal();
    }

    @Override
    public void awaitReceipt(long number, Waiter waiter) {
      enter();
      try {
        boolean open = receiverReason == null && broken == null && downstream == null;
        if (received < number && open) {
          receipts.add(waiter);
          parksToSend();
          return;
        }
      } finally {
        exit();
      }
      waiter.signal();
    }

    @Override
    public void cancel(Waiter waiter) {
      Waiter next = null;
      enter();
      try {
        boolean offering = offerers != null && offerers.remove(waiter);
        boolean waiting = senders.remove(waiter) || receipts.remove(waiter);
        if (!waiting && !offering && hasRoom()) {
          next = senders.take();
        }
      } finally {
        exit();
      }
      WaitList.signal(next);
    }

    @Override
    public void close(Reason reason) {
      SendPort<T> successor;
      Waiter[] woken;
      enter();
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
              size() == 0 ? ends.takeAll() : null
            };
      } finally {
        exit();
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
      enter();
      try {
        return over();
      } finally {
        exit();
      }
    }

    private @Nullable Reason over() {
      if (broken != null || receiverReason != null) {
        return broken != null ? broken : receiverReason;
      }
      return received == sent && !resuming ? senderReason : null;
    }

    @Override
    public void onEnd(Waiter waiter) {
      enter();
      try {
        if (over() == null && downstream == null) {
          ends.add(waiter);
          return;
        }
      } finally {
        exit();
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
      if (upstream == null) {
        return null;
      }
      enter();
      try {
        return size() == 0 && broken == null ? upstream : null;
      } finally {
        exit();
      }
    }

    @Override
    public @Nullable String codec() {
      enter();
      try {
        return upstream == null ? null : upstream.codec();
      } finally {
        exit();
      }
    }

    @Override
    public void relayTo(SendPort<T> target) {
      sendTo(target);
    }

    @Override
    public @Nullable Object spin() {
      Passage<T> fast = passage();
      if (fast == null) {
        return None.EMPTY;
      }
      Object found = fast.spinForMessage();
      return found == fast ? None.EMPTY : found;
    }

    @Override
    public Object poll() throws ChannelException {
      Passage<T> fast = passage();
      if (fast != null) {
        Object message = fast.poll();
        if (message != fast) {
          return message == null ? None.EMPTY : message;
        }
      }
      return pollLocked();
    }

    private Object pollLocked() throws ChannelException {
      T message;
      Waiter room;
      Waiter receipt;
      Waiter ended = null;
      enter();
      try {
        if (migrating || downstream != null) {
          return None.SUPERSEDED; // this end is not here any more
        }
        message = remove();
        if (message == null) {
          return nothing();
        }
        received++;
        room = takeSender();
        receipt = takeReceipts();
        if ((senderReason != null || upstream != null) && size() == 0) {
          ended = ends.takeAll();
        }
      } finally {
        exit();
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
      return size() > 0 || ended || upstream != null || downstream != null;
    }

    @Override
    public void await(Waiter waiter) {
      Waiter woken;
      enter();
      try {
        if (hasNews()) {
          woken = waiter;
        } else {
          receivers.add(waiter);
          parksToReceive();
          woken = takeOfferers();
        }
      } finally {
        exit();
      }
      WaitList.signal(woken);
    }

    @Override
    public void cancel(Waiter waiter) {
      Waiter next = null;
      enter();
      try {
        if (!receivers.remove(waiter) && hasNews()) {
          next = receivers.take();
        }
      } finally {
        exit();
      }
      WaitList.signal(next);
    }

    @Override
    public void close(Reason reason) {
      ReceivePort<T> successor;
      List<T> dropped = new ArrayList<>(0);
      Waiter[] woken;
      enter();
      try {
        successor = upstream;
        if (receiverReason != null || MemoryChannel.this.ended()) {
          return; // over already, for a reason that stays
        }
        receiverReason = reason;
        for (T message = remove(); message != null; message = remove()) {
          dropped.add(message);
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
        exit();
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
      enter();
      try {
        return over();
      } finally {
        exit();
      }
    }

    private @Nullable Reason over() {
      if (receiverReason != null) {
        return receiverReason;
      }
      return size() > 0 ? null : broken != null ? broken : senderReason;
    }

    @Override
    public void onEnd(Waiter waiter) {
      enter();
      try {
        boolean superseded = size() == 0 && broken == null && upstream != null;
        if (over() == null && !superseded) {
          ends.add(waiter);
          return;
        }
      } finally {
        exit();
      }
      waiter.signal();
    }
  }
}
