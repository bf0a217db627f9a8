package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.SessionLost;
import io.libchan.SessionSnapshot;
import io.libchan.core.table.Table;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamContext;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What all ports on a stream share: the outbox that the mux writer empties, the first failure, and
 * the end.
 *
 * <p>Thread-safe. One lock guards the state of the port; the mux's reader, its writer and
 * applications come here. Nothing is called under it but the port's own code.
 */
abstract class StreamPort implements MuxStream.Handler, Table.Keyed {
  /**
   * What may wait in an outbox of what a relay brings: with the chunk that the writer has taken, a
   * turn. Rule FWD-5.
   */
  static final int RELAY_BYTES = 64 * 1024 - Segments.BYTES;

  final CoreSession session;
  final StreamHeaders headers;
  final ReentrantLock lock = new ReentrantLock();
  private final StreamContext context;

  private @Nullable MuxStream stream;

  // Guarded by lock.
  final Outbox outbox = new Outbox();
  private @Nullable WaitList ends;
  private @Nullable Reason failure;
  private boolean sessionGone;
  private final long since;
  private boolean ending; // nothing is added to the outbox any more
  private volatile boolean dropped; // what was to be written does not matter; set under the lock

  // The mux writer's; set under the lock.
  private volatile Outbox.@Nullable Chunk current;

  StreamPort(CoreSession session, StreamHeaders headers) {
    this.session = session;
    this.headers = headers;
    since = session.environment().nanoTime();
    context = StreamContext.arrived(headers.extra());
  }

  /** What the stream was opened for; a part of both channel ports. */
  public final StreamContext context() {
    return context;
  }

  /** The reference. */
  @Override
  public final long key() {
    return headers.reference();
  }

  /** Ties the port to its stream; before any other use. */
  final void bind(MuxStream newStream) {
    stream = newStream;
  }

  final MuxStream stream() {
    MuxStream bound = stream;
    if (bound == null) {
      throw new IllegalStateException("no stream yet");
    }
    return bound;
  }

  // ---- writing ----

  @Override
  public final MuxStream.Left fill(ByteBuffer target) {
    owe();
    for (; ; ) {
      Outbox.Chunk chunk = dropped ? null : current;
      if (chunk == null) {
        Waiter room;
        lock.lock();
        try {
          chunk = dropped ? null : outbox.take();
          if (chunk == null) {
            return ending ? MuxStream.Left.ENDED : MuxStream.Left.NOTHING;
          }
          current = chunk;
          room = madeRoom();
        } finally {
          lock.unlock();
        }
        WaitList.signal(room);
      }
      if (!chunk.mayLeave()) {
        return MuxStream.Left.MORE;
      }
      if (!chunk.copyTo(target, session.descriptors())) {
        return MuxStream.Left.MORE;
      }
      current = null;
      chunk.recycle();
    }
  }

  /** Puts what is due for the peer into the outbox, before a turn. */
  void owe() {}

  /** Whoever waits for room in the outbox. Guarded by lock. */
  @Nullable Waiter madeRoom() {
    return null;
  }

  /** Nothing will be written after what is queued. Guarded by lock; then {@code wantWrite}. */
  final void endOutput() {
    ending = true;
  }

  /** Everybody who waits for anything. Guarded by lock. */
  final Waiter everybodyAndEnds() {
    Waiter one = everybody();
    Waiter two = takeEnds();
    return () -> {
      WaitList.signal(one);
      WaitList.signal(two);
    };
  }

  /** Adds one who waits for the end. Guarded by lock. */
  final void awaitEnd(Waiter waiter) {
    ends = WaitList.add(ends, waiter);
  }

  /** Everybody who waits for the end. Guarded by lock. */
  final @Nullable Waiter takeEnds() {
    return WaitList.takeAll(ends);
  }

  /** Drops what is queued, releases what it names, and ends this direction. */
  final void dropOutput(Reason reason) {
    List<StreamPort> named;
    List<Passing> unsent;
    lock.lock();
    try {
      ending = true;
      dropped = true;
      unsent = unsent();
      named = outbox.clear();
    } finally {
      lock.unlock();
    }
    unsent.forEach(Passing::drop);
    named.forEach(port -> port.abandon(reason));
  }

  /** Descriptors that may not have left. Guarded by lock. */
  private List<Passing> unsent() {
    List<Passing> unsent = new ArrayList<>(0);
    Outbox.Chunk chunk = current;
    if (chunk != null) {
      chunk.passing().addTo(unsent);
    }
    outbox.addPassingTo(unsent);
    return unsent;
  }

  /** Nothing will be written any more: closes the descriptors that have not left. */
  final void dropDescriptors() {
    List<Passing> unsent;
    lock.lock();
    try {
      unsent = unsent();
    } finally {
      lock.unlock();
    }
    unsent.forEach(Passing::drop);
  }

  final boolean isEnding() {
    return ending;
  }

  // ---- the end ----

  /** The first failure. Guarded by lock. */
  final @Nullable Reason failure() {
    return failure;
  }

  /** A new exception for the failure; there must be one. Guarded by lock. */
  final ChannelException exception(Reason failed) {
    if (sessionGone) {
      return new SessionLost(failed);
    }
    ChannelException exception = ChannelException.of(failed);
    // A lost stream, or a lost leg elsewhere: this session lives.
    return exception instanceof SessionLost ? new ChannelReset(failed) : exception;
  }

  /** Keeps the first failure. Guarded by lock. */
  final void failWith(Reason reason) {
    if (failure == null) {
      failure = reason;
    }
  }

  /** Fails the port and wakes everybody who waits on it. The stream is not touched. */
  final void fail(Reason reason) {
    Waiter woken;
    lock.lock();
    try {
      failWith(reason);
      woken = everybodyAndEnds();
    } finally {
      lock.unlock();
    }
    woken.signal();
    failed(reason);
  }

  /** The port failed; comes more than once. */
  void failed(Reason reason) {}

  /** Everybody who waits for something else than the end. Guarded by lock. */
  abstract @Nullable Waiter everybody();

  /** Ends the port here and the stream at the peer, with a reason number. */
  final void abandon(Reason reason) {
    fail(reason);
    discard();
    afterReset();
    abandoned(reason);
    stream().reset(reason.number());
    dropDescriptors(); // last: what names one stays from then on
  }

  /** Nobody will use the port any more. */
  void abandoned(Reason reason) {}

  /** The session is over: pending input may still be read, if {@code keepInput}. */
  void sessionLost(Reason reason, boolean keepInput) {
    lock.lock();
    try {
      sessionGone |= failure == null;
    } finally {
      lock.unlock();
    }
    fail(reason);
    if (!keepInput) {
      discard();
    }
  }

  /** The figures for people; the lock is taken. */
  final SessionSnapshot.Stream snapshot() {
    long now = session.environment().nanoTime();
    lock.lock();
    try {
      String codec = headers.codec();
      return new SessionSnapshot.Stream(
          headers.reference(),
          headers.parent(),
          role(),
          headers.name(),
          codec == null ? "" : codec,
          headers.capacity(),
          messages(),
          pending(),
          outbox.bytes(),
          unread(),
          Duration.ofNanos(now - since),
          isRelayed(),
          failure);
    } finally {
      lock.unlock();
    }
  }

  abstract SessionSnapshot.Role role();

  /** Messages that went through here. Guarded by lock. */
  long messages() {
    return 0;
  }

  /** Messages sent and not received. Guarded by lock. */
  long pending() {
    return 0;
  }

  /** Whether no application uses it. Guarded by lock. */
  boolean isRelayed() {
    return false;
  }

  /** Drops input that nobody will read. */
  abstract void discard();

  /** Bytes received and not read. */
  abstract long unread();

  /** Whether a frame has begun to arrive and is not complete. */
  boolean isInsideFrame() {
    return false;
  }

  @Override
  public final void reset(int code) {
    Reason reason = new Reason(code, "the peer reset the stream", session.peerName(), List.of());
    lost(
        reason.isEnd()
            ? Reason.of(ReasonCode.TRUNCATED, "the stream ended in its middle")
            : reason);
  }

  @Override
  public final void lost(Reason reason) {
    fail(reason);
    afterReset();
    dropDescriptors();
  }

  /** Input that a reset makes worthless. */
  void afterReset() {}

  @Override
  public final void over() {
    afterOver();
    dropDescriptors();
    session.over(this);
  }

  /** What a stream that is over needs no more. */
  void afterOver() {}

  /** Fails this stream for what the peer did. */
  void violated(Reason reason) {
    abandon(session.stamp(reason));
  }
}
