package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Codec;
import io.libchan.spi.SendPort;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a channel whose receiver is at the peer.
 *
 * <p>Life: <em>open</em>; <em>closed</em> here, with CLOSE queued, until the peer has received all
 * and ends its direction; or <em>failed</em>, by CANCEL, by a reset or with the session. Rules CH-1
 * to CH-24.
 *
 * <p>Thread-safe.
 */
final class RemoteSendPort<T> extends StreamPort implements SendPort<T>, FrameReader.Sink {
  private final FrameReader frames = new FrameReader();

  private volatile Codec.@Nullable Format format;
  private volatile @Nullable Type type;

  // Guarded by lock; base: how many messages the end had sent, all received, before it was tied to
  // this stream.
  private long base;
  private final WaitList senders = new WaitList();
  private final WaitList receipts = new WaitList();
  private long sent;
  private long reserved; // sent, and messages about to be
  private long acked;
  private long withdrawing; // the message asked back; 0 for none
  private final Set<Long> withdrawn = new HashSet<>(0); // came back, and nobody asked since
  private long flushed; // the message up to which FLUSH asked
  private int streamsWanted; // by the message that found no place for the streams it names
  private boolean adopting; // takes what was queued before the end was tied to this stream
  private @Nullable Reason closed; // CLOSE follows what is under way
  private boolean complete;
  private final Map<Long, Moves> held = new HashMap<>(0); // rendezvous: until each is settled

  RemoteSendPort(CoreSession session, StreamHeaders headers) {
    super(session, headers);
  }

  /** Gives the port the type that the application sends. */
  void use(Type newType) {
    type = newType;
    format = session.format(headers.codec(), newType);
  }

  @Override
  public Type type() {
    Type known = type;
    return known == null ? Object.class : known;
  }

  @Override
  public int capacity() {
    return headers.capacity();
  }

  // ---- sending ----

  @Override
  public long trySend(T message) throws ChannelException {
    lock.lock();
    try {
      check();
      if (!hasRoom()) {
        return NO_ROOM;
      }
    } finally {
      lock.unlock();
    }
    Codec.Format known = format;
    if (known == null) {
      throw new IllegalStateException("this end has no type yet");
    }
    Encoding encoding = session.encodings().take();
    try {
      encoding.encode(message, known);
      return encoding.attachments().isEmpty() ? post(encoding) : postWith(encoding);
    } finally {
      session.encodings().give(encoding);
    }
  }

  /** Guarded by lock. */
  private void check() throws ChannelException {
    Reason failed = failure();
    if (failed != null) {
      throw exception(failed);
    }
    if (closed != null) {
      throw new IllegalStateException("this end is closed");
    }
  }

  /** Guarded by lock. */
  private boolean hasRoom() {
    return reserved - acked < Math.max(1, capacity())
        && (adopting || outbox.bytes() < session.limits().maxQueuedBytes());
  }

  /**
   * Takes what a channel holds, of which so many messages were received before. There is room for
   * all of it until {@link #adopted}, whatever its size.
   */
  void adopt(long receivedBefore) {
    lock.lock();
    try {
      base = receivedBefore;
      adopting = true;
    } finally {
      lock.unlock();
    }
  }

  void adopted() {
    lock.lock();
    try {
      adopting = false;
    } finally {
      lock.unlock();
    }
  }

  private long post(Encoding encoding) throws ChannelException {
    long number;
    lock.lock();
    try {
      check();
      if (!hasRoom()) {
        return NO_ROOM;
      }
      encoding.addTo(outbox);
      reserved++;
      number = ++sent + base;
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
    return number;
  }

  private long postWith(Encoding encoding) throws ChannelException {
    OutgoingAttachments attachments = encoding.attachments();
    int count = attachments.size();
    if (count > session.peerHello().maxAttachments()) {
      attachments.undo();
      throw new LimitExceeded(
          Reason.limit(
              "attachments", "message of " + count + " > " + session.peerHello().maxAttachments()));
    }
    try {
      attachments.check(headers.codec());
    } catch (RuntimeException e) {
      attachments.undo();
      throw e;
    }
    if (!reserve(attachments)) {
      return NO_ROOM;
    }
    Moves moves = attachments.open(this);
    byte[] frame = encoding.frame(moves.ports());
    long number;
    Reason failed;
    lock.lock();
    try {
      failed = failure();
      sent++;
      if (failed == null) {
        outbox.addNaming(frame, moves.ports());
        if (capacity() == 0) {
          held.put(sent, moves);
        }
      }
      number = sent + base;
      closeIfDue();
    } finally {
      lock.unlock();
    }
    if (failed != null) {
      moves.undo(failed);
      throw exception(failed);
    }
    if (capacity() > 0) {
      moves.commit();
    }
    stream().wantWrite();
    return number;
  }

  private static void commit(@Nullable Moves moves) {
    if (moves != null) {
      moves.commit();
    }
  }

  private boolean reserve(OutgoingAttachments attachments) throws ChannelException {
    int count = attachments.size();
    boolean done = false;
    boolean slots = session.reserveStreams(count);
    try {
      lock.lock();
      try {
        check();
        streamsWanted = slots ? 0 : count;
        if (!slots && (adopting || count > session.peerHello().streams())) {
          throw new LimitExceeded(
              Reason.limit("streams", "no place for the " + count + " streams of a message"));
        }
        if (slots && hasRoom()) {
          reserved++;
          done = true;
        }
      } finally {
        lock.unlock();
      }
      return done;
    } finally {
      if (!done) {
        attachments.undo();
        if (slots) {
          session.releaseStreams(count);
        }
      }
    }
  }

  @Override
  public long sent() {
    lock.lock();
    try {
      return sent + base;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isReceived(long number) throws ChannelException {
    Moves moves;
    Reason failed;
    ChannelException exception = null;
    lock.lock();
    try {
      failed = failure();
      if (acked + base < number) {
        if (failed == null) {
          return false;
        }
        exception = exception(failed);
      } else if (withdrawn.contains(number - base)) {
        return true;
      }
      moves = held.remove(number - base);
    } finally {
      lock.unlock();
    }
    if (failed != null && exception != null) {
      undo(moves, failed);
      throw exception;
    }
    commit(moves);
    return true;
  }

  private static void undo(@Nullable Moves moves, Reason reason) {
    if (moves != null) {
      moves.undo(reason);
    }
  }

  @Override
  public void requestReceipt() {
    lock.lock();
    try {
      if (acked == sent || flushed == sent || isEnding()) {
        return;
      }
      flushed = sent;
      outbox.add(Frames.empty(Frames.FLUSH));
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
  }

  @Override
  public Withdrawal withdraw(long number) throws ChannelException {
    long wire;
    boolean back;
    Moves moves = null;
    lock.lock();
    try {
      wire = number - base;
      back = withdrawn.remove(wire);
      if (back) {
        moves = held.remove(wire);
      } else if (acked < wire && failure() == null) {
        if (withdrawing != wire && !isEnding()) {
          withdrawing = wire;
          outbox.add(Frames.count(Frames.WITHDRAW, wire));
        }
        return Withdrawal.PENDING;
      }
    } finally {
      lock.unlock();
      stream().wantWrite();
    }
    if (back) {
      undo(moves, Reason.of(ReasonCode.WITHDRAWN, "the message was withdrawn"));
      return Withdrawal.WITHDRAWN;
    }
    isReceived(number);
    return Withdrawal.RECEIVED;
  }

  @Override
  public void awaitRoom(Waiter waiter) {
    boolean now;
    int streams;
    lock.lock();
    try {
      now = failure() != null || closed != null;
      streams = Math.max(1, streamsWanted);
      if (!now && !hasRoom()) {
        senders.add(waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    if (now || session.hasStreams(streams, waiter)) {
      waiter.signal();
    }
  }

  @Override
  public void awaitReceipt(long number, Waiter waiter) {
    lock.lock();
    try {
      boolean known = acked + base >= number;
      if (!known && failure() == null) {
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
    Waiter following = null;
    lock.lock();
    try {
      if (!senders.remove(waiter) && !receipts.remove(waiter) && hasRoom()) {
        following = senders.take();
      }
    } finally {
      lock.unlock();
    }
    session.forgetStreamWaiter(waiter);
    WaitList.signal(following);
  }

  @Override
  @Nullable Waiter madeRoom() {
    return senders.isEmpty() || !hasRoom() ? null : senders.takeAll();
  }

  // ---- the peer's frames ----

  @Override
  public void received(ByteBuffer bytes) {
    int count = bytes.remaining();
    try {
      frames.read(bytes, this);
    } catch (Failure e) {
      violated(e.reason());
      return;
    }
    stream().credit(count);
  }

  @Override
  public int limit(int kind) {
    return switch (kind) {
      case Frames.ACK, Frames.WITHDRAWN -> 8;
      case Frames.CANCEL -> Frames.MAX_REASON_BYTES;
      default -> -1;
    };
  }

  @Override
  public void frame(int kind, byte[] body) throws Failure {
    if (kind == Frames.CANCEL) {
      cancelled(body);
      return;
    }
    if (body.length != 8) {
      throw Failure.protocol("FRM-1", "frame of kind " + kind + " of " + body.length + " bytes");
    }
    acknowledged(ByteBuffer.wrap(body).getLong(), kind == Frames.WITHDRAWN);
  }

  private void acknowledged(long count, boolean back) throws Failure {
    Waiter room;
    Waiter receipt;
    boolean close;
    lock.lock();
    try {
      if (count < acked || count > sent) {
        throw Failure.protocol(
            "CH-13", "ACK of " + count + " after " + acked + ", " + sent + " were sent");
      }
      if (back && count != withdrawing) {
        throw Failure.protocol("CH-15", "message " + count + " was not asked back");
      }
      acked = count;
      if (back) {
        withdrawn.add(count);
      }
      room = hasRoom() ? senders.takeAll() : null;
      receipt = receipts.takeAll();
      close = closeIfDue();
    } finally {
      lock.unlock();
    }
    if (close) {
      stream().wantWrite();
    }
    WaitList.signal(room);
    WaitList.signal(receipt);
  }

  private void cancelled(byte[] body) throws Failure {
    Reason reason = Frames.reason(body);
    if (reason == null || reason.isEnd()) {
      throw Failure.protocol("CH-30", "malformed reason");
    }
    // In this order: whoever posts meanwhile sees the failure or is dropped.
    fail(reason);
    dropOutput(reason);
    stream().wantWrite();
  }

  @Override
  public void peerEnded() {
    boolean all;
    Waiter ended = null;
    lock.lock();
    try {
      all = closed != null && isEnding() && acked == sent && !frames.isInside();
      if (all) {
        complete = true;
        ended = ends.takeAll();
      }
    } finally {
      lock.unlock();
    }
    WaitList.signal(ended);
    if (!all) {
      Reason reason =
          Reason.of(ReasonCode.TRUNCATED, "the receiver went away without a word")
              .from(session.peerName());
      fail(reason);
      dropOutput(reason);
      stream().wantWrite();
    }
  }

  // ---- the end ----

  @Override
  public void close(Reason reason) {
    Waiter woken;
    lock.lock();
    try {
      // After a failure, such as the end of the session, there must be no clean end for the peer.
      if (closed != null || isEnding() || failure() != null) {
        return;
      }
      closed = reason.isEnd() ? reason : session.stamp(reason);
      closeIfDue();
      woken = senders.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    stream().wantWrite();
  }

  /**
   * Queues CLOSE, but not before a message whose streams are being opened, nor while a message of a
   * rendezvous may still be asked back. Guarded by lock.
   */
  private boolean closeIfDue() {
    Reason reason = closed;
    boolean due = reserved == sent && (capacity() > 0 || acked == sent);
    if (reason == null || !due || isEnding()) {
      return false;
    }
    outbox.add(Frames.reason(Frames.CLOSE, reason));
    endOutput();
    return true;
  }

  @Override
  public @Nullable Reason ended() {
    lock.lock();
    try {
      return complete ? closed : failure();
    } finally {
      lock.unlock();
    }
  }

  @Override
  @Nullable Waiter everybody() {
    Waiter one = senders.takeAll();
    Waiter two = receipts.takeAll();
    return one == null
        ? two
        : () -> {
          one.signal();
          WaitList.signal(two);
        };
  }

  @Override
  void discard() {}

  @Override
  long unread() {
    return 0;
  }

  @Override
  public void onEnd(Waiter waiter) {
    lock.lock();
    try {
      if (failure() == null && !complete) {
        ends.add(waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    waiter.signal();
  }
}
