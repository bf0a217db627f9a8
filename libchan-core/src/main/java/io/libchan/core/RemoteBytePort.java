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
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One end of a byte stream whose other end is at the peer. Rules CH-40 to CH-43. Thread-safe. */
final class RemoteBytePort extends StreamPort implements Pumps.Target {
  /** Readers are told of so much in any case: more would not stay in the processor's cache. */
  private static final int MAX_UNHEARD = 256 * 1024;

  /** What the writer is told when what it writes would have gone where nobody reads. */
  private static final Reason NOT_READ =
      Reason.of(ReasonCode.CANCELLED, "nobody reads where the bytes go");

  private final boolean opener;
  private final ReentrantLock reading = new ReentrantLock(); // held before the port's lock

  // Guarded by lock; bytes are copied into and out of it without.
  private @Nullable ByteQueue inbox; // while there is anything in it
  private int unheard; // bytes of which readers were not told yet; only the mux's reader's
  private boolean receiving; // something is being put into it
  private int copying; // bytes that are being made ready for the outbox
  private final WaitList readers = new WaitList();
  private final WaitList writers = new WaitList();
  private long unreadBytes;
  private boolean inputEnded;
  private boolean inputClosed;
  private boolean truncated; // unread input was dropped, so its end is not seen
  private boolean adopting; // what was buffered before the end was tied to this stream comes first
  private boolean finished;
  private boolean over;
  private boolean relayWaits; // for room here
  private volatile @Nullable Waiter relay; // both directions, if no application uses the port

  // What leaves here comes back in this process on another stream. Guarded by lock.
  private @Nullable RemoteBytePort twin; // that stream's port; the last one that the peer named
  private @Nullable BytePort next; // goes on here: writing at once, reading behind the peer's end
  private boolean leadsBack; // the peer was told that it goes on in another stream of the session

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
    receivedSome(bytes);
    receivedAll();
  }

  @Override
  public void receivedSome(ByteBuffer bytes) {
    int count = bytes.remaining();
    ByteQueue into = receiving();
    if (into != null) {
      into.put(bytes);
    }
    bytes.position(bytes.limit());
    boolean dropped;
    lock.lock();
    try {
      dropped = into == null || isDropping();
      truncated |= dropped;
      receiving = false;
      unreadBytes += dropped ? 0 : count;
      unheard += dropped ? 0 : count;
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
    WaitList.signal(relay);
    if (unheard >= MAX_UNHEARD) {
      receivedAll();
    }
  }

  @Override
  public void receivedAll() {
    if (unheard == 0) {
      return;
    }
    unheard = 0;
    Waiter woken;
    lock.lock();
    try {
      woken = readers.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
  }

  /** Where what was received goes; null if nobody will read it. */
  private @Nullable ByteQueue receiving() {
    lock.lock();
    try {
      if (isDropping()) {
        return null;
      }
      ByteQueue queue = inbox;
      if (queue == null) {
        queue = new ByteQueue();
        inbox = queue;
      }
      receiving = true;
      return queue;
    } finally {
      lock.unlock();
    }
  }

  /** Guarded by lock. */
  private boolean isDropping() {
    return inputClosed || failure() != null || !mayRead();
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
    BytePort after;
    lock.lock();
    try {
      after = unreadBytes == 0 ? returned() : null;
    } finally {
      lock.unlock();
    }
    if (after == null) {
      ByteRelay.join(this, target);
    } else {
      after.relayTo(target);
    }
  }

  @Override
  public void relayedBy(@Nullable Waiter newRelay) {
    Waiter woken;
    lock.lock();
    try {
      relay = newRelay;
      leadsBack &= newRelay != null;
      woken = everybody(); // at an end that is gone: they find that out
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
  }

  @Nullable Waiter relay() {
    return relay;
  }

  /** What an end had buffered comes first: until then its streams are as they are. */
  void awaitAdoption() {
    boolean unused = startAdopting();
  }

  /** As {@link #awaitAdoption}, if nothing else goes on here. */
  boolean startAdopting() {
    lock.lock();
    try {
      adopting = next == null;
      return adopting;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void adopt(byte[] buffered) throws ChannelException {
    lock.lock();
    try {
      Reason failed = failure();
      if (failed != null) {
        throw exception(failed);
      }
      if (buffered.length > 0) {
        outbox.add(buffered, 0, buffered.length);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void adopted() {
    lock.lock();
    try {
      adopting = false;
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
    Loops.retry(this);
  }

  /** The bytes that a relay may write now; if none, it is told when. */
  int relayRoom() throws ChannelException {
    lock.lock();
    try {
      if (next != null) {
        return RELAY_BYTES; // it learns the successor
      }
      Reason failed = failure();
      if (failed != null) {
        throw exception(failed);
      }
      long most = Math.min(RELAY_BYTES, session.limits().maxQueuedBytes());
      long room = isEnding() ? 0 : most - outbox.bytes() - copying;
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
      if (failed != null && returned() == null) {
        throw exception(failed);
      }
    } finally {
      lock.unlock();
    }
  }

  /** This side's output is at its end. */
  @Override
  public @Nullable Reason refused() {
    lock.lock();
    try {
      return isEnding() && next == null && failure() == null ? NOT_READ : null;
    } finally {
      lock.unlock();
    }
  }

  // ---- bytes that come back ----

  /** The peer says that what leaves here comes back at another port, and the reverse. */
  void twin(RemoteBytePort other) {
    lock.lock();
    try {
      twin = other;
    } finally {
      lock.unlock();
    }
  }

  @Nullable RemoteBytePort twin() {
    lock.lock();
    try {
      return twin;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the peer may be told that this stream goes on in another one. Guarded by lock. */
  boolean mayLeadBack() {
    return next == null && failure() == null && headers.kind() == Kind.BYTES;
  }

  /** The peer is told. Guarded by lock. */
  void leadBack() {
    leadsBack = true;
  }

  /** Whether the stream may end while what uses it goes on. Rule FWD-13. Guarded by lock. */
  boolean mayGoOn() {
    return mayLeadBack() && !adopting && !over && (session.isConnecting() || !leadsBack);
  }

  /**
   * From here on bytes are written elsewhere, and read there behind the peer's end. Guarded by
   * lock.
   */
  Closed goOnWith(BytePort port) {
    next = port;
    Closed before = new Closed(isEnding(), inputClosed, everybody());
    endOutput();
    return before;
  }

  /**
   * What had ended before.
   *
   * @param output this side's output
   * @param input this side's input, that nobody reads any more
   * @param woken who is to find out
   */
  record Closed(boolean output, boolean input, @Nullable Waiter woken) {}

  /** Passes on what had ended, and tells everybody. */
  void wentOn(Closed before, BytePort port) {
    if (before.output()) {
      port.closeOutput();
    }
    if (before.input()) {
      port.closeInput(NOT_READ);
    }
    stream().wantWrite();
    WaitList.signal(before.woken());
    WaitList.signal(relay);
  }

  /**
   * What is read here behind the peer's end, if that came and nothing is missing. Guarded by lock.
   */
  private @Nullable BytePort returned() {
    return inputEnded && (!truncated || inputClosed) ? next : null;
  }

  private @Nullable BytePort next() {
    lock.lock();
    try {
      return next;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public @Nullable BytePort successor() {
    return next();
  }

  @Override
  void failed(Reason reason) {
    BytePort after;
    lock.lock();
    try {
      after = returned() == null ? next : null;
    } finally {
      lock.unlock();
    }
    if (after != null) {
      after.reset(Relay.passed(reason, session)); // this node is one that the reason passes
    }
    WaitList.signal(relay);
  }

  /** What goes on here has nobody to use it. */
  @Override
  void abandoned(Reason reason) {
    BytePort after = next();
    if (after != null) {
      after.reset(reason);
    }
  }

  @Override
  void afterReset() {
    discard();
    runWhenOver();
  }

  // ---- for the application ----

  @Override
  public int read(byte[] into, int offset, int length) throws ChannelException {
    int count;
    reading.lock();
    try {
      ByteQueue from;
      boolean all;
      lock.lock();
      try {
        from = inbox;
        count = (int) Math.min(length, unreadBytes);
        if (from == null || count == 0) {
          return length == 0 ? 0 : nothing();
        }
        unreadBytes -= count;
        all = unreadBytes == 0;
      } finally {
        lock.unlock();
      }
      from.take(into, offset, count);
      if (all) {
        giveUp(from);
      }
    } finally {
      reading.unlock();
    }
    session.memory().remove(count);
    stream().credit(count);
    return count;
  }

  /** Holds nothing for a stream on which nothing is unread. */
  private void giveUp(ByteQueue queue) {
    lock.lock();
    try {
      if (inbox == queue && unreadBytes == 0 && !receiving) {
        inbox = null;
        queue.close();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Guarded by lock. */
  private int nothing() throws ChannelException {
    if (returned() != null) {
      return SUPERSEDED;
    }
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
    boolean bulk;
    lock.lock();
    try {
      if (next != null) {
        return SUPERSEDED;
      }
      checkOutput();
      long room = maxQueued() - outbox.bytes() - copying;
      count = (int) Math.min(length, room);
      if (count <= 0) {
        return 0;
      }
      bulk = count >= Segments.WORTH_BYTES;
      if (bulk) {
        copying += count;
      } else {
        outbox.add(from, offset, count);
      }
    } finally {
      lock.unlock();
    }
    if (bulk && !writeBulk(from, offset, count)) {
      return SUPERSEDED;
    }
    stream().wantWrite();
    return count;
  }

  /** Guarded by lock. */
  private void checkOutput() throws ChannelException {
    Reason failed = failure();
    if (failed != null) {
      throw exception(failed);
    }
    if (isEnding()) {
      throw ChannelException.of(
          Reason.of(ReasonCode.UNSUPPORTED, "this end of the byte stream only reads"));
    }
  }

  /** Copies without the lock, for which others need not wait so long; whether they go from here. */
  private boolean writeBulk(byte[] from, int offset, int count) throws ChannelException {
    byte[][] segments = null;
    try {
      segments = Segments.copyOf(from, offset, count);
    } finally {
      if (segments == null) { // memory is short
        copyingFailed(count);
      }
    }
    lock.lock();
    try {
      copying -= count;
      if (next != null) {
        return false;
      }
      checkOutput();
      for (int i = 0; i < segments.length; i++) {
        outbox.addSegment(segments[i], Math.min(Segments.BYTES, count - i * Segments.BYTES));
      }
    } finally {
      lock.unlock();
    }
    return true;
  }

  private void copyingFailed(int count) {
    Waiter woken;
    lock.lock();
    try {
      copying -= count;
      woken = writers.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    WaitList.signal(relay);
  }

  private int maxQueued() {
    return session.limits().maxQueuedBytes();
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
      if (unreadBytes == 0 && !inputEnded && !inputClosed && failure() == null && mayRead()) {
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
      boolean full = outbox.bytes() + copying >= maxQueued();
      if (full && failure() == null && !isEnding() && next == null) {
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
    Waiter feeder = relayWaits && outbox.bytes() < RELAY_BYTES ? relay : null;
    if (feeder != null) {
      relayWaits = false;
      return feeder;
    }
    // Half of it at once: to wake a writer for each chunk costs more than the chunk.
    return outbox.bytes() <= maxQueued() / 2 ? writers.takeAll() : null;
  }

  @Override
  public void closeOutput() {
    Waiter woken;
    BytePort after;
    lock.lock();
    try {
      after = next;
      // After a failure, such as the end of the session, there must be no clean end for the peer.
      if (failure() == null) {
        endOutput();
      }
      woken = writers.takeAll();
    } finally {
      lock.unlock();
    }
    if (after != null) {
      after.closeOutput();
    }
    WaitList.signal(woken);
    stream().wantWrite();
  }

  @Override
  public void closeInput(Reason reason) {
    boolean reset;
    Waiter woken;
    BytePort after;
    lock.lock();
    try {
      after = next;
      inputClosed = true;
      reset = !mayWrite() && mayRead() && !inputEnded;
      woken = readers.takeAll();
    } finally {
      lock.unlock();
    }
    if (after != null) {
      after.closeInput(reason);
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

  @Override
  public void onOver(Runnable task) {
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
    BytePort after = next();
    if (after != null) {
      return after.isOver();
    }
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
    BytePort after;
    Reason failed;
    lock.lock();
    try {
      after = returned();
      inbox = null;
      count = (int) unreadBytes;
      unreadBytes = 0;
      truncated |= count > 0;
      after = returned() == null ? after : null;
      failed = failure();
    } finally {
      lock.unlock();
    }
    if (after != null && failed != null) {
      after.reset(Relay.passed(failed, session)); // what was to be read before it is lost
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
