package io.libchan.core.reference;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.core.Pumps;
import io.libchan.spi.BytePort;
import io.libchan.spi.MuxStream;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One stream of the reference's wire: bytes both ways. What it carries is up to the message that
 * names it; until then it keeps what comes.
 *
 * <p>Everybody who waits is woken at each change, as a piece of bytes may be no message or many.
 *
 * <p>Thread-safe.
 */
final class Pipe implements MuxStream.Handler, Pumps.Target {
  private static final byte[] NONE = new byte[0];

  final long reference;
  final long parent;
  final boolean ours;
  final long bornNanos;

  private final ReferenceSession session;
  private final int mostQueued;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable MuxStream stream;

  // Guarded by lock.
  private final ArrayDeque<byte[]> arrived = new ArrayDeque<>(2);
  private int taken; // of the first piece that arrived
  private long unread;
  private boolean peerEnded;
  private boolean inputClosed; // what comes is dropped
  private boolean inputLost; // what came was dropped before anybody read it: there is no clean end
  private boolean endsTogether; // our direction ends when the peer's does
  private final ArrayDeque<byte[]> queued = new ArrayDeque<>(2);
  private int written; // of the first piece that is queued
  private long queuedBytes;
  private boolean outputEnded;
  private boolean finLeft;
  private @Nullable Reason failure;
  private boolean over;
  private final WaitList readers = new WaitList();
  private final WaitList writers = new WaitList();
  private final WaitList ends = new WaitList();
  private @Nullable Waiter relay;
  private @Nullable Runnable whenOver;

  Pipe(ReferenceSession session, long reference, long parent, boolean ours) {
    this.session = session;
    this.reference = reference;
    this.parent = parent;
    this.ours = ours;
    mostQueued = session.options().limits().maxQueuedBytes();
    bornNanos = session.environment().nanoTime();
  }

  void bind(MuxStream value) {
    stream = value;
  }

  private MuxStream stream() {
    return Objects.requireNonNull(stream);
  }

  // ---- what it becomes ----

  /** A channel on which this side sends: nothing is expected from the peer. */
  void becomeSending() {
    dropInput();
  }

  /** A channel on which this side receives: the peer's end is answered by ours. Rule SPDY-17. */
  void becomeReceiving() {
    boolean write;
    lock.lock();
    try {
      endsTogether = true;
      write = peerEnded && !outputEnded;
      outputEnded |= peerEnded;
    } finally {
      lock.unlock();
    }
    if (write) {
      stream().wantWrite();
    }
  }

  /** Nobody reads here. */
  private void dropInput() {
    int dropped;
    lock.lock();
    try {
      inputClosed = true;
      dropped = clearArrived();
    } finally {
      lock.unlock();
    }
    credit(dropped);
    stream().ignoreInput();
    settle();
  }

  private int clearArrived() {
    int dropped = (int) unread;
    arrived.clear();
    taken = 0;
    unread = 0;
    return dropped;
  }

  private void credit(int bytes) {
    if (bytes > 0) {
      stream().credit(bytes);
    }
  }

  // ---- from and to the peer ----

  @Override
  public MuxStream.Left fill(ByteBuffer target) {
    Waiter woken = null;
    Waiter told = null;
    MuxStream.Left left;
    lock.lock();
    try {
      long before = queuedBytes;
      for (byte[] first = queued.peek();
          first != null && target.hasRemaining();
          first = queued.peek()) {
        int count = Math.min(first.length - written, target.remaining());
        target.put(first, written, count);
        written += count;
        queuedBytes -= count;
        if (written == first.length) {
          queued.poll();
          written = 0;
        }
      }
      if (before >= mostQueued && queuedBytes < mostQueued) {
        woken = writers.takeAll();
        told = relay;
      }
      left =
          !queued.isEmpty()
              ? MuxStream.Left.MORE
              : outputEnded ? MuxStream.Left.ENDED : MuxStream.Left.NOTHING;
      finLeft |= left == MuxStream.Left.ENDED;
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    WaitList.signal(told);
    if (left == MuxStream.Left.ENDED) {
      settle();
    }
    return left;
  }

  @Override
  public void received(ByteBuffer bytes) {
    int count = bytes.remaining();
    Waiter woken;
    Waiter told;
    lock.lock();
    try {
      if (inputClosed || peerEnded || failure != null) {
        woken = null;
        told = null;
      } else {
        byte[] copy = new byte[count];
        bytes.get(copy);
        arrived.add(copy);
        unread += count;
        count = 0;
        woken = readers.takeAll();
        told = relay;
      }
    } finally {
      lock.unlock();
    }
    credit(count);
    WaitList.signal(woken);
    WaitList.signal(told);
  }

  @Override
  public void peerEnded() {
    Waiter woken;
    Waiter told;
    boolean write;
    lock.lock();
    try {
      peerEnded = true;
      write = endsTogether && !outputEnded;
      outputEnded |= endsTogether;
      woken = readers.takeAll();
      told = relay;
    } finally {
      lock.unlock();
    }
    if (write) {
      stream().wantWrite();
    }
    WaitList.signal(woken);
    WaitList.signal(told);
    settle();
  }

  @Override
  public void reset(int code) {
    fail(
        session.stamp(Reason.of(ReasonCode.CANCELLED, "SPDY-18: the peer reset the stream")), true);
  }

  @Override
  public void lost(Reason reason) {
    fail(session.stamp(reason), false);
  }

  @Override
  public void over() {
    settle();
    session.forget(this);
  }

  /** The session is over. */
  void sessionLost(Reason reason, boolean keepInput) {
    fail(reason, keepInput);
  }

  /** The session closes: ends here fail, and what was sent before is still written. */
  void sessionClosing(Reason reason) {
    end(reason, false, true);
  }

  private void fail(Reason reason, boolean keepInput) {
    end(reason, keepInput, false);
  }

  private void end(Reason reason, boolean keepInput, boolean keepOutput) {
    Waiter[] woken;
    Runnable task;
    int dropped = 0;
    lock.lock();
    try {
      if (!keepInput) {
        dropped = clearArrived();
        inputLost |= dropped > 0;
      }
      boolean done = finLeft && peerEnded && !inputLost; // both directions had their end
      if (failure == null && !done) {
        failure = reason;
      }
      if (keepOutput) {
        outputEnded = true;
      } else {
        queued.clear();
        queuedBytes = 0;
        written = 0;
      }
      woken = new Waiter[] {readers.takeAll(), writers.takeAll(), ends.takeAll(), relay};
      task = whenOver;
      whenOver = null;
    } finally {
      lock.unlock();
    }
    credit(dropped);
    if (task != null) {
      task.run();
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
    if (keepOutput) {
      stream().wantWrite();
    }
    settle();
  }

  /** Forgets the stream once nothing can happen on it that anybody here would see. */
  private void settle() {
    Waiter woken;
    boolean tell;
    lock.lock();
    try {
      if (finLeft) {
        woken = ends.takeAll();
      } else {
        woken = null;
      }
      boolean done = failure != null || (finLeft && (peerEnded || inputClosed));
      if (!done || over) {
        tell = false;
      } else {
        over = true;
        tell = true;
      }
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    if (tell) {
      session.forget(this);
    }
  }

  // ---- for ports ----

  /** Whether a message may be added now. */
  boolean hasRoom() throws ChannelException {
    lock.lock();
    try {
      if (failure != null) {
        throw ChannelException.of(failure);
      }
      return queuedBytes < mostQueued;
    } finally {
      lock.unlock();
    }
  }

  /** Adds a whole message, whatever room there is. */
  void add(byte[] owned) throws ChannelException {
    lock.lock();
    try {
      if (failure != null) {
        throw ChannelException.of(failure);
      }
      if (outputEnded) {
        throw new IllegalStateException("this end is closed");
      }
      queued.add(owned);
      queuedBytes += owned.length;
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
  }

  /** The next piece that arrived; empty: none now; null: the end. */
  byte @Nullable [] take() throws ChannelException {
    byte[] piece;
    lock.lock();
    try {
      piece = arrived.poll();
      if (piece == null) {
        if (peerEnded && !inputLost) {
          return null;
        }
        if (failure != null) {
          throw ChannelException.of(failure);
        }
        return NONE;
      }
      unread -= piece.length;
    } finally {
      lock.unlock();
    }
    credit(piece.length);
    return piece;
  }

  @Nullable Reason failure() {
    lock.lock();
    try {
      return failure;
    } finally {
      lock.unlock();
    }
  }

  /** Why nothing more can be sent; null while it can. */
  @Nullable Reason outputOver() {
    lock.lock();
    try {
      return failure != null ? failure : finLeft ? Reason.END : null;
    } finally {
      lock.unlock();
    }
  }

  boolean outputEnded() {
    lock.lock();
    try {
      return outputEnded;
    } finally {
      lock.unlock();
    }
  }

  void onEnd(Waiter waiter) {
    lock.lock();
    try {
      if (failure == null && !finLeft) {
        ends.add(waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    waiter.signal();
  }

  long unread() {
    lock.lock();
    try {
      return unread;
    } finally {
      lock.unlock();
    }
  }

  long queuedBytes() {
    lock.lock();
    try {
      return queuedBytes;
    } finally {
      lock.unlock();
    }
  }

  // ---- as a byte stream ----

  @Override
  public int read(byte[] into, int offset, int length) throws ChannelException {
    int count;
    lock.lock();
    try {
      byte[] first = arrived.peek();
      if (first == null) {
        if (peerEnded && !inputLost) {
          return -1;
        }
        if (failure != null) {
          throw ChannelException.of(failure);
        }
        return 0;
      }
      count = Math.min(length, first.length - taken);
      System.arraycopy(first, taken, into, offset, count);
      taken += count;
      unread -= count;
      if (taken == first.length) {
        arrived.poll();
        taken = 0;
      }
    } finally {
      lock.unlock();
    }
    credit(count);
    return count;
  }

  @Override
  public int write(byte[] from, int offset, int length) throws ChannelException {
    int count;
    lock.lock();
    try {
      if (failure != null) {
        throw ChannelException.of(failure);
      }
      count = outputEnded ? length : (int) Math.min(length, mostQueued - queuedBytes);
      if (count <= 0) {
        return 0;
      }
      if (!outputEnded) {
        byte[] copy = new byte[count];
        System.arraycopy(from, offset, copy, 0, count);
        queued.add(copy);
        queuedBytes += count;
      }
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
    return count;
  }

  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, unread());
  }

  @Override
  public void awaitReadable(Waiter waiter) {
    lock.lock();
    try {
      if (arrived.isEmpty() && !peerEnded && failure == null) {
        readers.add(waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    waiter.signal();
  }

  @Override
  public void awaitWritable(Waiter waiter) {
    lock.lock();
    try {
      if (queuedBytes >= mostQueued && failure == null) {
        writers.add(waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    waiter.signal();
  }

  @Override
  public void cancel(Waiter waiter) {
    lock.lock();
    try {
      if (!readers.remove(waiter)) {
        writers.remove(waiter);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void closeOutput() {
    lock.lock();
    try {
      if (outputEnded || failure != null) {
        return;
      }
      outputEnded = true;
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
  }

  /** What still comes is drained, as the wire can't tell the peer to stop. Rule SPDY-11. */
  @Override
  public void closeInput(Reason reason) {
    dropInput();
  }

  @Override
  public void reset(Reason reason) {
    lock.lock();
    try {
      if (failure != null || over) {
        return;
      }
    } finally {
      lock.unlock();
    }
    fail(session.stamp(reason), false);
    stream().reset(reason.number());
  }

  @Override
  public boolean isOver() {
    lock.lock();
    try {
      return failure != null || (finLeft && (peerEnded || inputClosed));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onOver(Runnable task) {
    lock.lock();
    try {
      if (failure == null) {
        whenOver = task;
        return;
      }
    } finally {
      lock.unlock();
    }
    task.run();
  }

  // ---- for a relay ----

  @Override
  public void adopt(byte[] buffered) throws ChannelException {
    if (buffered.length > 0) {
      add(buffered);
    }
  }

  @Override
  public void relayedBy(@Nullable Waiter newRelay) {
    Waiter[] woken;
    lock.lock();
    try {
      relay = newRelay;
      woken = new Waiter[] {readers.takeAll(), writers.takeAll()};
    } finally {
      lock.unlock();
    }
    for (Waiter waiter : woken) {
      WaitList.signal(waiter);
    }
  }

  @Override
  public void relayTo(BytePort target) {
    BytesRelay.join(this, target);
  }
}
