package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.ProtocolViolation;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Codec;
import io.libchan.spi.Environment;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a channel whose sender is at the peer.
 *
 * <p>Life: <em>open</em>; <em>closing</em>, when CLOSE arrived and messages are unread;
 * <em>complete</em>, when all were received: ACK and the end of our direction follow;
 * <em>cancelled</em> here: what arrives is dropped; or <em>failed</em>. Messages wait undecoded;
 * the receiving thread decodes.
 *
 * <p>Thread-safe.
 */
final class RemoteReceivePort<T> extends StreamPort implements ReceivePort<T>, FrameReader.Sink {
  private final FrameReader frames = new FrameReader();

  private volatile Codec.@Nullable Format format;
  private volatile @Nullable Type type;

  // Guarded by lock.
  private final ArrayDeque<Incoming> inbox = new ArrayDeque<>(1);
  private final WaitList receivers = new WaitList();
  private long arrived;
  private long received;
  private long acked;
  private long receiptWanted; // the number up to which FLUSH asked for word
  private boolean ackOwed;
  private @Nullable Reason closed; // what CLOSE said
  private boolean complete;
  private boolean cancelled;
  private long unreadBytes;
  private Environment.@Nullable Timer lingering;

  // Guarded by lock: bytes of the frame in work, credited early by rule MUX-10 and not; what is to
  // be credited; and what is kept no more, by the size it had in memory.
  private int precredited;
  private int frameBytes;
  private int consumed;
  private int released;

  // Guarded by lock: withdrawn messages, whose attachments are to be released after unlocking.
  private final List<Incoming> withdrawn = new ArrayList<>(0);

  RemoteReceivePort(CoreSession session, StreamHeaders headers) {
    super(session, headers);
  }

  /** Gives the port the type that the application receives. */
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

  // ---- the peer's frames ----

  @Override
  public void received(ByteBuffer bytes) {
    int count = bytes.remaining();
    Reason violation = null;
    Waiter woken;
    Waiter ended;
    int taken;
    int freed;
    Incoming[] back;
    lock.lock();
    try {
      long before = arrived;
      unreadBytes += count;
      frameBytes += count;
      if (isDropping()) {
        bytes.position(bytes.limit());
        frames.drop();
      } else {
        try {
          frames.read(bytes, this);
        } catch (Failure e) {
          violation = e.reason();
        }
      }
      woken = woken(arrived - before);
      ended = complete ? ends.takeAll() : null;
      taken = takeCredit();
      freed = takeReleased();
      back = withdrawn.toArray(new Incoming[0]);
      withdrawn.clear();
    } finally {
      lock.unlock();
    }
    for (Incoming message : back) {
      session.release(message);
    }
    session.memory().add(count - freed, this);
    stream().credit(taken);
    if (violation != null) {
      violated(violation);
    }
    WaitList.signal(woken);
    WaitList.signal(ended);
    wantWriteIfOwed();
  }

  /** Guarded by lock. */
  private boolean isDropping() {
    return cancelled || failure() != null;
  }

  /** What may be credited now: dropped bytes, and those of rule MUX-10. Guarded by lock. */
  private int takeCredit() {
    int taken = consumed;
    consumed = 0;
    if (isDropping()) {
      taken += frameBytes;
      released += frameBytes + precredited;
      precredited = 0;
      frameBytes = 0;
    } else if (inbox.isEmpty()) {
      taken += frameBytes;
      precredited += frameBytes; // the peer may send as many again, but they are still kept
      frameBytes = 0;
    }
    return taken;
  }

  /** The bytes of memory that are free again. Guarded by lock. */
  private int takeReleased() {
    int freed = released;
    released = 0;
    unreadBytes -= freed;
    return freed;
  }

  private @Nullable Waiter woken(long messages) {
    if (closed != null || messages > 1) {
      return receivers.takeAll();
    }
    return messages == 1 ? receivers.take() : null;
  }

  @Override
  public int limit(int kind) {
    return switch (kind) {
      case Frames.MESSAGE ->
          (int)
              Math.min(
                  Integer.MAX_VALUE,
                  2L + 9L * session.limits().maxAttachments() + session.limits().maxMessageBytes());
      case Frames.CLOSE -> Frames.MAX_REASON_BYTES;
      case Frames.FLUSH -> 0;
      case Frames.WITHDRAW -> 8;
      default -> -1;
    };
  }

  /** Guarded by lock: called from {@code received}. */
  @Override
  public void frame(int kind, byte[] body) throws Failure {
    if (closed != null) {
      throw Failure.protocol("CH-20", "frame of kind " + kind + " after CLOSE");
    }
    int size = Frames.HEADER_BYTES + body.length;
    int uncredited = size - precredited;
    precredited = 0;
    frameBytes -= uncredited;
    boolean kept = false;
    try {
      kept = kind == Frames.MESSAGE && message(body, uncredited);
    } finally {
      if (!kept) {
        consumed += uncredited;
        released += size;
      }
    }
    if (kept) {
      return;
    }
    switch (kind) {
      case Frames.CLOSE -> {
        closed = Frames.reason(body);
        if (closed == null) {
          throw Failure.protocol("CH-30", "malformed reason");
        }
        completeIfAllReceived();
      }
      case Frames.FLUSH -> {
        receiptWanted = arrived;
        oweAckIfDue();
      }
      default -> withdraw(body);
    }
  }

  /** Keeps a message; always true, or it throws. */
  private boolean message(byte[] body, int uncredited) throws Failure {
    if (arrived - acked >= Math.max(1, capacity())) {
      throw Failure.protocol(
          "CH-14",
          "message " + (arrived + 1) + " after ACK of " + acked + ", capacity " + capacity());
    }
    arrived++;
    inbox.add(Incoming.parse(session, this, body, uncredited));
    return true;
  }

  private void withdraw(byte[] body) throws Failure {
    if (body.length != 8) {
      throw Failure.protocol("FRM-1", "WITHDRAW of " + body.length + " bytes");
    }
    long number = ByteBuffer.wrap(body).getLong();
    if (capacity() != 0 || number < 1 || number > arrived) {
      throw Failure.protocol(
          "CH-15", "WITHDRAW of message " + number + " of " + arrived + ", capacity " + capacity());
    }
    if (outbox.bytes() >= session.limits().maxQueuedBytes()) {
      throw new Failure(Reason.limit("queued-bytes", outbox.bytes() + " bytes of answers"));
    }
    Incoming last = inbox.peekLast();
    if (received < number && number == arrived && last != null) {
      inbox.removeLast();
      received++;
      acked = received;
      consumed += last.credit();
      released += last.size();
      withdrawn.add(last);
      outbox.add(Frames.count(Frames.WITHDRAWN, number));
    } else {
      ackOwed = true;
    }
  }

  /** Guarded by lock. */
  private void completeIfAllReceived() {
    if (closed != null && inbox.isEmpty() && !complete) {
      complete = true;
      ackOwed = received > acked;
      flushAck();
      endOutput();
    }
  }

  /** Guarded by lock. */
  private void oweAckIfDue() {
    if (received > acked
        && (received - acked >= Math.max(1, capacity() / 2)
            || (receiptWanted > acked && received >= receiptWanted))) {
      ackOwed = true;
    }
  }

  private void flushAck() {
    if (ackOwed) {
      ackOwed = false;
      acked = received;
      outbox.add(Frames.count(Frames.ACK, received));
    }
  }

  @Override
  void owe() {
    lock.lock();
    try {
      if (!isEnding()) {
        flushAck();
      }
    } finally {
      lock.unlock();
    }
  }

  private void wantWriteIfOwed() {
    lock.lock();
    try {
      if (!ackOwed && outbox.isEmpty() && !isEnding()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
  }

  @Override
  public void peerEnded() {
    boolean truncated;
    lock.lock();
    try {
      truncated = closed == null && !isDropping();
    } finally {
      lock.unlock();
    }
    if (truncated) {
      fail(
          Reason.of(ReasonCode.TRUNCATED, "CH-22: the stream ended before the channel did")
              .from(session.peerName()));
      afterReset();
      lock.lock();
      try {
        endOutput();
      } finally {
        lock.unlock();
      }
    }
    afterOver();
    stream().wantWrite();
  }

  // ---- receiving ----

  @Override
  public Object poll() throws ChannelException {
    Incoming message;
    boolean write;
    int taken;
    int freed;
    Waiter ended = null;
    Waiter following = null;
    lock.lock();
    try {
      message = inbox.peek();
      if (message == null || !message.isComplete()) {
        return message != null ? None.EMPTY : nothing();
      }
      inbox.remove();
      received++;
      consumed += message.credit();
      released += message.size();
      taken = takeCredit();
      freed = takeReleased();
      oweAckIfDue();
      completeIfAllReceived();
      write = ackOwed || complete;
      if (ended() != null) {
        ended = ends.takeAll();
      }
      Incoming next = inbox.peek();
      if (next != null && next.isComplete()) {
        following = receivers.take();
      }
    } finally {
      lock.unlock();
    }
    WaitList.signal(following);
    WaitList.signal(ended);
    session.memory().remove(freed);
    stream().credit(taken);
    if (write) {
      stream().wantWrite();
    }
    Codec.Format known = format;
    if (known == null) {
      throw new IllegalStateException("this end has no type yet");
    }
    try {
      return message.decode(session, known);
    } catch (ProtocolViolation e) {
      violated(e.reason());
      throw e;
    }
  }

  /** Guarded by lock. */
  private None nothing() throws ChannelException {
    if (cancelled) {
      throw new IllegalStateException("this end is closed");
    }
    if (complete && closed != null) {
      if (closed.isEnd()) {
        return None.END;
      }
      throw ChannelException.of(closed);
    }
    Reason failed = failure();
    if (failed != null) {
      throw exception(failed);
    }
    return None.EMPTY;
  }

  /** Guarded by lock. */
  private boolean hasNews() {
    Incoming message = inbox.peek();
    return message != null ? message.isComplete() : complete || cancelled || failure() != null;
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
    Waiter following = null;
    lock.lock();
    try {
      if (!receivers.remove(waiter) && hasNews()) {
        following = receivers.take();
      }
    } finally {
      lock.unlock();
    }
    WaitList.signal(following);
  }

  /** An attachment of a waiting message arrived, or never will. */
  void attachmentsChanged() {
    Waiter woken;
    lock.lock();
    try {
      woken = receivers.take();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
  }

  // ---- the end ----

  @Override
  public void close(Reason reason) {
    lock.lock();
    try {
      cancelled = true;
    } finally {
      lock.unlock();
    }
    stop(reason);
  }

  /** The sender learns the whole reason, where a reset would carry its number only. */
  @Override
  void violated(Reason reason) {
    stop(session.stamp(reason));
  }

  /** Tells the sender to stop and drops what arrives from now on. Rule CH-23. */
  private void stop(Reason reason) {
    lock.lock();
    try {
      if (!complete && failure() == null && !isEnding()) {
        // What was received stays received: the sender is told before it is told to stop.
        ackOwed = received > acked;
        flushAck();
        outbox.add(Frames.reason(Frames.CANCEL, session.stamp(reason)));
        endOutput();
        lingering =
            session
                .environment()
                .schedule(session.options().closeTimeout(), () -> stream().reset(reason.number()));
      }
    } finally {
      lock.unlock();
    }
    fail(reason);
    discard();
    stream().wantWrite();
  }

  @Override
  void discard() {
    Incoming[] messages;
    int count;
    int taken;
    Waiter ended;
    lock.lock();
    try {
      messages = inbox.toArray(new Incoming[0]);
      taken = frameBytes + consumed;
      inbox.clear();
      ended = ended() == null ? null : ends.takeAll();
      count = (int) unreadBytes;
      unreadBytes = 0;
      frameBytes = 0;
      precredited = 0;
      consumed = 0;
      released = 0;
    } finally {
      lock.unlock();
    }
    session.memory().remove(count);
    for (Incoming message : messages) {
      taken += message.credit();
      session.release(message);
    }
    stream().credit(taken);
    WaitList.signal(ended);
  }

  @Override
  void sessionLost(Reason reason, boolean keepInput) {
    super.sessionLost(reason, keepInput);
    afterReset();
  }

  /** Of an incomplete frame the rest will not come. */
  @Override
  void afterReset() {
    int partial;
    lock.lock();
    try {
      partial = frameBytes + precredited;
      frameBytes = 0;
      precredited = 0;
      unreadBytes -= partial;
    } finally {
      lock.unlock();
    }
    session.memory().remove(partial);
    afterOver();
  }

  @Override
  void afterOver() {
    lock.lock();
    try {
      if (lingering != null) {
        lingering.cancel();
        lingering = null;
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public @Nullable Reason ended() {
    lock.lock();
    try {
      return complete ? closed : inbox.isEmpty() || cancelled ? failure() : null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onEnd(Waiter waiter) {
    lock.lock();
    try {
      if (ended() == null) {
        ends.add(waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    waiter.signal();
  }

  @Override
  @Nullable Waiter everybody() {
    return receivers.takeAll();
  }

  @Override
  boolean isInsideFrame() {
    lock.lock();
    try {
      return frames.isInside();
    } finally {
      lock.unlock();
    }
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
