package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.SessionSnapshot;
import io.libchan.spi.BytePort;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** One end of a byte stream whose other end is at the peer. Rules CH-40 to CH-43. Thread-safe. */
final class RemoteBytePort extends StreamPort implements BytePort {
  /** What may wait here for the peer, of what a relay brings. */
  private static final int MAX_RELAY_BYTES = 64 * 1024;

  private final boolean opener;

  // Guarded by lock.
  private final ArrayDeque<ByteBuffer> inbox = new ArrayDeque<>(1);
  private final WaitList readers = new WaitList();
  private final WaitList writers = new WaitList();
  private long unreadBytes;
  private boolean inputEnded;
  private boolean inputClosed;
  private boolean truncated; // unread input was dropped, so its end is not seen
  private boolean adopting; // takes what was buffered before the end was tied to this stream
  private boolean finished;
  private boolean over;
  private boolean relayWaits; // for room here
  private volatile @Nullable Waiter relay; // both directions, if no application uses the port

  RemoteBytePort(CoreSession session, StreamHeaders headers, boolean opener) {
    super(session, headers);
    this.opener = opener;
    if (!mayWrite()) {
      endOutput();
    }
  }

  private boolean mayWrite() {
    Kind kind = headers.kind();
    return kind == Kind.BYTES || (kind == Kind.BYTES_OUT || kind == Kind.FILE) == opener;
  }

  private boolean mayRead() {
    Kind kind = headers.kind();
    return kind == Kind.BYTES || (kind == Kind.BYTES_IN) == opener;
  }

  // ---- from the peer ----

  @Override
  public void received(ByteBuffer bytes) {
    int count = bytes.remaining();
    boolean dropped;
    Waiter woken;
    lock.lock();
    try {
      dropped = inputClosed || failure() != null || !mayRead();
      truncated |= dropped;
      if (!dropped) {
        keep(bytes);
        unreadBytes += count;
      }
      bytes.position(bytes.limit());
      woken = dropped ? null : readers.takeAll();
    } finally {
      lock.unlock();
    }
    if (dropped) {
      stream().credit(count);
    } else {
      session.memory().add(count, this);
    }
    if (!mayRead()) {
      violated(Reason.of(ReasonCode.PROTOCOL_ERROR, "CH-42: bytes on the side that only reads"));
    }
    WaitList.signal(woken);
    WaitList.signal(relay);
  }

  private void keep(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    inbox.add(ByteBuffer.wrap(copy));
  }

  @Override
  public void peerEnded() {
    Waiter woken;
    lock.lock();
    try {
      inputEnded = true;
      woken = readers.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    WaitList.signal(relay);
  }

  // ---- for a relay ----

  @Override
  public void relayTo(BytePort target) {
    if (!(target instanceof RemoteBytePort remote)) {
      throw new IllegalArgumentException("not a stream's: " + target);
    }
    ByteRelay.join(this, remote);
  }

  /** From now on nobody but two relays uses this port. */
  void begin(ByteRelay there, ByteRelay back) {
    Waiter woken;
    lock.lock();
    try {
      relay =
          () -> {
            there.signal();
            back.signal();
          };
      woken = everybody(); // at an end that is gone: they find that out
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
  }

  /** The bytes that a relay may write now; if none, it is told when. */
  int relayRoom() throws ChannelException {
    lock.lock();
    try {
      Reason failed = failure();
      if (failed != null) {
        throw exception(failed);
      }
      long most = Math.min(MAX_RELAY_BYTES, session.limits().maxQueuedBytes());
      long room = isEnding() ? 0 : most - outbox.bytes();
      relayWaits = room <= 0;
      return (int) Math.max(0, room);
    } finally {
      lock.unlock();
    }
  }

  /** Throws if the stream has failed. */
  void checkFailure() throws ChannelException {
    lock.lock();
    try {
      Reason failed = failure();
      if (failed != null) {
        throw exception(failed);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether this side's output is at its end, so that nothing more can be written. */
  boolean isRefused() {
    lock.lock();
    try {
      return isEnding();
    } finally {
      lock.unlock();
    }
  }

  @Override
  void failed(Reason reason) {
    WaitList.signal(relay);
  }

  @Override
  void afterReset() {
    discard();
    runWhenOver();
  }

  // ---- for the application ----

  @Override
  public int read(byte[] into, int offset, int length) throws ChannelException {
    int count = 0;
    lock.lock();
    try {
      for (ByteBuffer head = inbox.peek(); head != null && count < length; head = inbox.peek()) {
        int part = Math.min(length - count, head.remaining());
        head.get(into, offset + count, part);
        count += part;
        if (!head.hasRemaining()) {
          inbox.remove();
        }
      }
      unreadBytes -= count;
      if (count == 0 && length > 0) {
        return nothing();
      }
    } finally {
      lock.unlock();
    }
    session.memory().remove(count);
    stream().credit(count);
    return count;
  }

  /** Guarded by lock. */
  private int nothing() throws ChannelException {
    Reason failed = failure();
    // Whoever closed the input has dropped the rest; only a relay still asks.
    boolean whole = !truncated || (inputClosed && failed == null);
    if ((inputEnded && whole) || !mayRead()) {
      return -1;
    }
    if (failed != null) {
      throw exception(failed);
    }
    return 0;
  }

  @Override
  public int write(byte[] from, int offset, int length) throws ChannelException {
    int count;
    lock.lock();
    try {
      Reason failed = failure();
      if (failed != null) {
        throw exception(failed);
      }
      if (isEnding()) {
        throw ChannelException.of(
            Reason.of(ReasonCode.UNSUPPORTED, "this end of the byte stream only reads"));
      }
      long room = adopting ? length : session.limits().maxQueuedBytes() - outbox.bytes();
      count = (int) Math.min(length, room);
      if (count <= 0) {
        return 0;
      }
      outbox.add(from, offset, count);
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
    return count;
  }

  /** While adopting, there is room for all that the byte stream held. */
  void adopting(boolean now) {
    lock.lock();
    try {
      adopting = now;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int available() {
    lock.lock();
    try {
      return (int) Math.min(Integer.MAX_VALUE, unreadBytes);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void awaitReadable(Waiter waiter) {
    lock.lock();
    try {
      if (inbox.isEmpty() && !inputEnded && !inputClosed && failure() == null && mayRead()) {
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
      boolean full = outbox.bytes() >= session.limits().maxQueuedBytes();
      if (full && failure() == null && !isEnding()) {
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
  @Nullable Waiter madeRoom() {
    if (relayWaits && outbox.bytes() < MAX_RELAY_BYTES) {
      relayWaits = false;
      return relay;
    }
    return outbox.bytes() < session.limits().maxQueuedBytes() ? writers.takeAll() : null;
  }

  @Override
  public void closeOutput() {
    Waiter woken;
    lock.lock();
    try {
      // After a failure, such as the end of the session, there must be no clean end for the peer.
      if (failure() == null) {
        endOutput();
      }
      woken = writers.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    stream().wantWrite();
  }

  @Override
  public void closeInput(Reason reason) {
    boolean reset;
    Waiter woken;
    lock.lock();
    try {
      inputClosed = true;
      reset = !mayWrite() && mayRead() && !inputEnded;
      woken = readers.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    discard();
    if (reset) {
      abandon(session.stamp(reason));
    }
  }

  @Override
  public void reset(Reason reason) {
    abandon(session.stamp(reason));
  }

  // ---- the end ----

  /**
   * Runs once when the stream was reset or its session lost, so that a blocked pump can be freed.
   */
  void onOver(Runnable task) {
    lock.lock();
    try {
      if (!finished) {
        whenOver = task;
        return;
      }
    } finally {
      lock.unlock();
    }
    task.run();
  }

  // Guarded by lock.
  private @Nullable Runnable whenOver;

  private void runWhenOver() {
    Runnable task;
    lock.lock();
    try {
      finished = true;
      task = whenOver;
      whenOver = null;
    } finally {
      lock.unlock();
    }
    if (task != null) {
      task.run();
    }
  }

  @Override
  void sessionLost(Reason reason, boolean keepInput) {
    super.sessionLost(reason, keepInput);
    runWhenOver();
  }

  @Override
  @Nullable Waiter everybody() {
    Waiter one = readers.takeAll();
    Waiter two = writers.takeAll();
    return one == null
        ? two
        : () -> {
          one.signal();
          WaitList.signal(two);
        };
  }

  @Override
  void afterOver() {
    lock.lock();
    try {
      over = true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isOver() {
    lock.lock();
    try {
      return over || failure() != null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  SessionSnapshot.Role role() {
    return SessionSnapshot.Role.BYTES;
  }

  @Override
  boolean isRelayed() {
    return relay != null;
  }

  @Override
  void discard() {
    int count;
    lock.lock();
    try {
      inbox.clear();
      count = (int) unreadBytes;
      unreadBytes = 0;
      truncated |= count > 0;
    } finally {
      lock.unlock();
    }
    session.memory().remove(count);
    stream().credit(count);
  }

  @Override
  long unread() {
    lock.lock();
    try {
      return unreadBytes;
    } finally {
      lock.unlock();
    }
  }
}
