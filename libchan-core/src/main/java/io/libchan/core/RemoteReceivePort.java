package io.libchan.core;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.libchan.ChannelException;
import io.libchan.ProtocolViolation;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.SessionSnapshot;
import io.libchan.core.reference.MessageRelay;
import io.libchan.spi.Codec;
import io.libchan.spi.Environment;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.SendPort;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
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
  /**
   * With nothing left to receive, word goes to the sender at a quarter of the capacity, but not for
   * fewer messages than this: a frame wakes several threads.
   */
  private static final int EARLY_ACK = 128;

  /**
   * While messages wait, so many bytes of those taken are counted at once: what counts them is
   * shared with the reader and with other channels.
   */
  private static final int SETTLED_BYTES = 1024;

  // Only the reader's: messages cut off in this call and not kept yet, their bytes, and how many
  // bytes of this call are counted already.
  private @Nullable FrameReader begun; // a frame that is not complete
  private @Nullable Inbox cut;
  private int cutBytes;
  private int counted;

  private volatile Codec.@Nullable Format format;
  private volatile @Nullable Type type;

  // Guarded by lock.
  private final Inbox inbox = new Inbox();
  private @Nullable WaitList receivers;
  private long arrived;
  private long received;
  private long acked;
  private long receiptWanted; // the number up to which FLUSH asked for word
  private boolean ackOwed;
  private boolean ackedAmid; // a small channel's last ACK left while messages waited
  private @Nullable Reason closed; // what CLOSE said
  private boolean complete;
  private boolean cancelled;
  private boolean discarded; // messages that came before CLOSE are lost
  private long unreadBytes;
  private Environment.@Nullable Timer lingering;

  // Guarded by lock: bytes of the frame in work, credited early by rule MUX-10 and not; what is to
  // be credited; and what is kept no more, by the size it had in memory.
  private boolean insideFrame;
  private int precredited;
  private int frameBytes;
  private int consumed;
  private int released;

  private volatile @Nullable Relay relay; // where messages go, if not to an application
  private long askedBack; // guarded by lock: the message of a rendezvous, carried on already

  private volatile @Nullable Returning<T> returning; // made when messages are known to come back

  // Guarded by lock: withdrawn messages, whose attachments are to be released after unlocking.
  private @Nullable List<Incoming> withdrawn;

  RemoteReceivePort(CoreSession session, StreamHeaders headers) {
    super(session, headers);
  }

  /** Gives the port the type that the application receives. */
  void use(Type newType) {
    decode(newType);
    Loops.changed(this);
  }

  private void decode(Type as) {
    format = session.format(headers.codec(), as);
    type = as;
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

  @Override
  public @Nullable String codec() {
    return headers.codec();
  }

  // ---- the peer's frames ----

  /**
   * Messages are cut off without the lock and then kept all at once, so that who receives meanwhile
   * need not wait.
   */
  @Override
  public void received(ByteBuffer bytes) {
    int count = bytes.remaining();
    long before = arrived; // changed by the reader only
    Reason violation = null;
    counted = 0;
    if (isDropping()) { // or soon, which is seen when the messages are to be kept
      bytes.position(bytes.limit());
      begun = null;
    } else {
      try {
        begun = FrameReader.read(begun, bytes, this);
      } catch (Failure e) {
        begun = null; // nothing is read any more
        violation = e.reason();
      }
    }
    Waiter woken;
    Waiter ended;
    int taken;
    int freed;
    boolean write;
    @Nullable List<Incoming> returned;
    lock.lock();
    try {
      try {
        keepCut();
      } catch (Failure e) {
        violation = e.reason(); // of a message before the other fault, if there is one
      }
      insideFrame = begun != null;
      unreadBytes += count - counted;
      frameBytes += count - counted;
      woken = woken(arrived - before);
      ended = complete ? takeEnds() : null;
      taken = takeCredit();
      freed = takeReleased();
      write = ackOwed || !outbox.isEmpty() || isEnding();
      returned = withdrawn;
      withdrawn = null;
    } finally {
      lock.unlock();
    }
    if (returned != null) {
      returned.forEach(session::release);
    }
    session.memory().add(count - freed, this);
    stream().credit(taken);
    if (violation != null) {
      violated(violation);
    }
    WaitList.signal(woken);
    WaitList.signal(ended);
    if (write) {
      stream().wantWrite();
    }
    Returning<T> back = returning;
    if (back != null) {
      back.tell();
      Loops.echoed(this, back.takeEcho());
    }
    WaitList.signal(relay);
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

  /** Guarded by lock. */
  private @Nullable Waiter takeReceiver() {
    Waiter first = WaitList.take(receivers);
    if (WaitList.isEmpty(receivers)) {
      receivers = null; // an idle port keeps none
    }
    return first;
  }

  /** Guarded by lock. */
  private @Nullable Waiter takeReceivers() {
    Waiter all = WaitList.takeAll(receivers);
    receivers = null;
    return all;
  }

  private @Nullable Waiter woken(long messages) {
    if (closed != null || messages > 1) {
      return takeReceivers();
    }
    return messages == 1 ? takeReceiver() : null;
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
      case Frames.WITHDRAW, Frames.ECHO -> 8;
      default -> -1;
    };
  }

  /** Called from {@code received}, without the lock. */
  @Override
  public void frame(int kind, byte[] body) throws Failure {
    if (closed != null) { // set by the reader only
      throw Failure.protocol("CH-20", "frame of kind " + kind + " after CLOSE");
    }
    if (kind == Frames.MESSAGE && Incoming.isPlain(body)) {
      cut(Incoming.plain(session, body), Frames.HEADER_BYTES + body.length);
      return;
    }
    lock.lock();
    try {
      keepCut();
      if (!isDropping()) {
        handle(kind, body);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Called from {@code received}, without the lock. */
  @Override
  public boolean run(ByteBuffer in) {
    // A rendezvous takes messages back one by one, and a relay passes them on so.
    Run run =
        closed != null || capacity() == 0 || relay != null
            ? null
            : Run.cut(in, session.limits().maxMessageBytes());
    if (run == null) {
      return false;
    }
    cut(run, run.allBytes());
    return true;
  }

  private void cut(Inbox.Entry entry, int size) {
    if (cut == null) {
      cut = new Inbox();
    }
    cut.add(entry);
    cutBytes += size;
  }

  /**
   * Keeps the messages cut off so far. Where they are dropped, their bytes are counted with what is
   * left of this call. Guarded by lock.
   */
  private void keepCut() throws Failure {
    Inbox messages = cut;
    if (messages == null) {
      return;
    }
    try {
      if (!isDropping()) {
        checkPlaces(messages.size());
        if (messages.first() instanceof Incoming begunBefore) {
          begunBefore.precredited(precredited);
        }
        complete(cutBytes);
        arrived += messages.size();
        inbox.addAll(messages);
      }
    } finally {
      cut = null;
      cutBytes = 0;
    }
  }

  /** Guarded by lock. */
  private void checkPlaces(int messages) throws Failure {
    long last = acked + Math.max(1, capacity());
    if (arrived + messages > last) {
      throw Failure.protocol(
          "CH-14", "message " + (last + 1) + " after ACK of " + acked + ", capacity " + capacity());
    }
  }

  /**
   * Counts whole frames, of which the first may have begun in an earlier call; how many of their
   * bytes were not credited. Guarded by lock.
   */
  @CanIgnoreReturnValue
  private int complete(int size) {
    int uncredited = size - precredited;
    int news = uncredited - frameBytes;
    unreadBytes += news;
    counted += news;
    precredited = 0;
    frameBytes = 0;
    return uncredited;
  }

  /** Any frame but a plain message. Guarded by lock. */
  private void handle(int kind, byte[] body) throws Failure {
    int before = precredited;
    int uncredited = complete(Frames.HEADER_BYTES + body.length);
    if (kind == Frames.MESSAGE) {
      boolean kept = false;
      try {
        checkPlaces(1);
        Incoming message = Incoming.parse(session, this, body);
        message.precredited(before);
        arrived++;
        inbox.add(message);
        kept = true;
      } finally {
        if (!kept) {
          passed(uncredited, body);
        }
      }
      return;
    }
    passed(uncredited, body);
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
      case Frames.ECHO -> {
        if (body.length != 8) {
          throw Failure.protocol("FRM-3", "ECHO of " + body.length + " bytes");
        }
        returning().echoed(ByteBuffer.wrap(body).getLong());
      }
      default -> withdraw(body);
    }
  }

  /** A frame that is not kept: rule MUX-9. Guarded by lock. */
  private void passed(int uncredited, byte[] body) {
    consumed += uncredited;
    released += Frames.HEADER_BYTES + body.length;
  }

  private void withdraw(byte[] body) throws Failure {
    if (body.length != 8) {
      throw Failure.protocol("FRM-3", "WITHDRAW of " + body.length + " bytes");
    }
    long number = ByteBuffer.wrap(body).getLong();
    if (capacity() != 0 || number < 1 || number > arrived) {
      throw Failure.protocol(
          "CH-15", "WITHDRAW of message " + number + " of " + arrived + ", capacity " + capacity());
    }
    if (outbox.bytes() >= session.limits().maxQueuedBytes()) {
      throw new Failure(Reason.limit("queued-bytes", outbox.bytes() + " bytes of answers"));
    }
    Incoming last = received < number && number == arrived ? inbox.removeLast() : null;
    if (last != null) {
      received++;
      acked = received;
      consumed += last.credit();
      released += last.size();
      withdrawn = withdrawn == null ? new ArrayList<>(1) : withdrawn;
      withdrawn.add(last);
      outbox.add(Frames.count(Frames.WITHDRAWN, number));
    } else if (relay != null && received < number) {
      askedBack = number;
    } else {
      ackOwed = true;
    }
  }

  /** Guarded by lock. */
  private void completeIfAllReceived() {
    if (closed != null && inbox.isEmpty() && received == arrived && !complete) {
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
            || (inbox.isEmpty()
                && (ackedAmid || received - acked >= Math.max(EARLY_ACK, capacity() / 4)))
            || (receiptWanted > acked && received >= receiptWanted))) {
      ackOwed = true;
    }
  }

  private void flushAck() {
    if (ackOwed) {
      ackOwed = false;
      ackedAmid = capacity() < 2 * EARLY_ACK && !inbox.isEmpty();
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
    Inbox.Entry message;
    byte[] array;
    int offset;
    int bytes;
    boolean write;
    int taken;
    int freed;
    Waiter ended = null;
    Waiter following = null;
    lock.lock();
    try {
      message = inbox.first();
      if (message == null || !message.isComplete()) {
        return message != null ? None.EMPTY : nothing();
      }
      array = message.array();
      offset = message.offset();
      bytes = message.bytes();
      consumed += message.credit();
      released += message.size();
      inbox.removeFirst();
      received++;
      boolean settles = released >= SETTLED_BYTES || inbox.isEmpty();
      taken = settles ? takeCredit() : 0;
      freed = settles ? takeReleased() : 0;
      oweAckIfDue();
      completeIfAllReceived();
      write = ackOwed || complete;
      if (how() != null || (complete && hasBegun())) {
        ended = takeEnds();
      }
      Inbox.Entry behind = inbox.first();
      if (behind != null && behind.isComplete()) {
        following = takeReceiver();
      }
    } finally {
      lock.unlock();
    }
    WaitList.signal(following);
    WaitList.signal(ended);
    tellReturning();
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
      return message.decode(session, known, array, offset, bytes);
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
      if (hasBegun()) {
        return None.SUPERSEDED;
      }
      if (isFenced()) {
        return None.EMPTY;
      }
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
    Inbox.Entry message = inbox.first();
    if (message != null) {
      return message.isComplete();
    }
    return (complete && !isEarly()) || cancelled || failure() != null;
  }

  @Override
  public void await(Waiter waiter) {
    lock.lock();
    try {
      if (!hasNews()) {
        receivers = WaitList.add(receivers, waiter);
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
      if (!WaitList.remove(receivers, waiter) && hasNews()) {
        following = takeReceiver();
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
      woken = takeReceiver();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    WaitList.signal(relay);
  }

  // ---- for a relay ----

  @Override
  public void relayTo(SendPort<T> target) {
    if (!(target instanceof RemoteSendPort<T> remote)) {
      MessageRelay.join(this, target, session.environment());
      return;
    }
    Relay.join(
        this, remote); // also if another port goes on: the relay waits for room behind a fence
  }

  /** From now on messages go to a relay alone; the number of the last one that is not here. */
  long begin(@Nullable Relay consumer) {
    Waiter woken;
    long last;
    lock.lock();
    try {
      relay = consumer;
      feeds(consumer != null && consumer.isLoop());
      last = taken();
      woken = takeReceivers(); // at an end that is gone: they find that out
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    return last;
  }

  @Nullable Relay relay() {
    return relay;
  }

  /** Takes the next message, unreceived: that it becomes by {@link #receivedUpTo}. */
  @Nullable Incoming take() {
    Incoming message;
    int taken;
    int freed;
    lock.lock();
    try {
      Inbox.Entry first = inbox.first();
      if (first == null || !first.isComplete()) {
        return null;
      }
      message = first.alone();
      inbox.removeFirst();
      consumed += message.credit();
      released += message.size();
      taken = takeCredit();
      freed = takeReleased();
    } finally {
      lock.unlock();
    }
    session.memory().remove(freed);
    stream().credit(taken);
    return message;
  }

  /** The number of the last message that is not here any more. */
  long taken() {
    lock.lock();
    try {
      return arrived - inbox.size();
    } finally {
      lock.unlock();
    }
  }

  /** How many messages have arrived and were not received. */
  long unreceived() {
    lock.lock();
    try {
      return arrived - received;
    } finally {
      lock.unlock();
    }
  }

  /** The number up to which the sender wants word at once. */
  long receiptWanted() {
    lock.lock();
    try {
      return receiptWanted;
    } finally {
      lock.unlock();
    }
  }

  /** The message that the sender of a rendezvous asks back from the far end; 0 if none. */
  long askedBack() {
    lock.lock();
    try {
      return askedBack;
    } finally {
      lock.unlock();
    }
  }

  /** What the far end received, this end has received. */
  void receivedUpTo(long number) {
    Waiter ended;
    lock.lock();
    try {
      if (number <= received || number > arrived || discarded) {
        return;
      }
      received = number;
      ackOwed = true;
      if (askedBack <= number) {
        askedBack = 0;
      }
      completeIfAllReceived();
      ended = complete ? takeEnds() : null;
    } finally {
      lock.unlock();
    }
    tellReturning();
    WaitList.signal(ended);
    stream().wantWrite();
  }

  /** The far end gave a message back. */
  void withdrawn(long number) {
    lock.lock();
    try {
      if (askedBack != number) {
        return;
      }
      askedBack = 0;
      received = number;
      acked = number;
      outbox.add(Frames.count(Frames.WITHDRAWN, number));
      completeIfAllReceived();
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
  }

  /** How the channel ended, once all that came before was taken; else null. */
  @Nullable Reason end() {
    lock.lock();
    try {
      if (isEarly() || !inbox.isEmpty()) {
        return null;
      }
      return closed == null || discarded ? failure() : closed;
    } finally {
      lock.unlock();
    }
  }

  /** Stops the sender for what happened where its messages go. */
  void stopFor(Reason reason) {
    stop(reason);
    stopReturning(reason);
  }

  private void stopReturning(Reason reason) {
    Returning<T> back = returning;
    if (back != null) {
      back.stopFor(reason);
    }
  }

  private void tellReturning() {
    Returning<T> back = returning;
    if (back != null) {
      back.tell();
    }
  }

  /** A reason that began elsewhere passes this node. */
  @Override
  void abandoned(Reason reason) {
    boolean ours = reason.origin().equals(session.options().nodeName());
    stopReturning(ours ? reason : Relay.passed(reason, session));
  }

  // ---- messages that come back ----

  Returning<T> returning() {
    lock.lock();
    try {
      Returning<T> made = returning;
      if (made == null) {
        made = new Returning<>(this);
        returning = made;
      }
      return made;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether a relay that leads back to the peer takes what arrives from now on. Guarded by lock.
   */
  private void feeds(boolean loop) {
    if (loop || returning != null) {
      returning().feeds(loop);
    }
  }

  /** As {@link Returning#takeEchoDue}. */
  @Nullable Relay takeEchoDue() {
    Returning<T> known = returning;
    return known == null ? null : known.takeEchoDue();
  }

  /** Where the messages are sent in this process, as far as that is known and of use. */
  @Nullable RemoteSendPort<?> echo() {
    Returning<T> known = returning;
    return known == null ? null : known.echo();
  }

  /** The stream that an ECHO named. Guarded by the session's lock. */
  long echoAwaited() {
    Returning<T> known = returning;
    return known == null ? 0 : known.echoAwaited;
  }

  /** Guarded by lock. */
  private boolean isFenced() {
    Returning<T> known = returning;
    return known != null && known.isFenced();
  }

  /** Guarded by lock. */
  private boolean hasBegun() {
    Returning<T> known = returning;
    return known != null && known.hasBegun();
  }

  /** Guarded by lock. */
  private boolean isEarly() {
    Returning<T> known = returning;
    return known != null && known.isEarly();
  }

  boolean isTyped() {
    return type != null;
  }

  /**
   * Whether another port may still go on behind the end of this stream. Rule FWD-13. Guarded by
   * lock.
   */
  boolean mayGoOn() {
    Relay consumer = relay;
    boolean peers = consumer != null && consumer.isLoop() && !session.isConnecting();
    return closed == null && failure() == null && !cancelled && !peers;
  }

  /** Whether CLOSE(RETURNED) came. Guarded by lock. */
  boolean isReturned() {
    return closed != null && closed.code() == ReasonCode.RETURNED;
  }

  /** Whether all that arrived was received, and no more will arrive. Guarded by lock. */
  boolean isComplete() {
    return complete;
  }

  /** Whether nothing waits here. Guarded by lock. */
  boolean isEmpty() {
    return inbox.isEmpty();
  }

  /** How many messages have arrived. Guarded by lock. */
  long arrived() {
    return arrived;
  }

  /** How many of them were received. Guarded by lock. */
  long received() {
    return received;
  }

  /** An application receives here what a relay took before, all of which it has received. */
  void resume(Type as) {
    decode(as);
    begin(null);
    receivedUpTo(taken());
    Returning<T> back = returning;
    if (back != null) {
      back.release();
    }
    Loops.changed(this);
  }

  @Override
  public @Nullable ReceivePort<T> successor() {
    Returning<T> known = returning;
    return known == null || relay != null ? null : known.successor();
  }

  @Override
  void failed(Reason reason) {
    Returning<T> back = returning;
    if (back != null) {
      back.failed(reason);
    }
    WaitList.signal(relay);
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
    Returning<T> back = returning;
    if (back != null) {
      back.close(reason);
    }
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
    List<Incoming> messages;
    int count;
    int taken;
    Waiter ended;
    Reason failed;
    lock.lock();
    try {
      messages = inbox.takeAll();
      failed = failure();
      taken = frameBytes + consumed;
      discarded |= !messages.isEmpty();
      ended = how() == null ? null : takeEnds();
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
    Returning<T> back = returning;
    if (back != null && failed != null && !messages.isEmpty()) {
      back.giveUp(failed);
    }
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
      return how();
    } finally {
      lock.unlock();
    }
  }

  /** How it ended; null if it has not. Guarded by lock. */
  private @Nullable Reason how() {
    if (isFenced()) {
      return failure();
    }
    return complete ? closed : inbox.isEmpty() || cancelled ? failure() : null;
  }

  @Override
  public void onEnd(Waiter waiter) {
    lock.lock();
    try {
      if (how() == null && !(hasBegun() && complete)) {
        awaitEnd(waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    waiter.signal();
  }

  @Override
  @Nullable Waiter everybody() {
    return takeReceivers();
  }

  @Override
  SessionSnapshot.Role role() {
    return SessionSnapshot.Role.RECEIVER;
  }

  @Override
  long messages() {
    return received;
  }

  @Override
  long pending() {
    return arrived - received;
  }

  @Override
  boolean isRelayed() {
    return relay != null;
  }

  /** Whether part of a message is here that will be kept. */
  boolean isArriving() {
    lock.lock();
    try {
      return insideFrame && !isDropping();
    } finally {
      lock.unlock();
    }
  }

  /** How many messages have arrived. */
  long arrivals() {
    lock.lock();
    try {
      return arrived;
    } finally {
      lock.unlock();
    }
  }

  @Override
  boolean isInsideFrame() {
    lock.lock();
    try {
      return insideFrame;
    } finally {
      lock.unlock();
    }
  }

  @Override
  long unread() {
    lock.lock();
    try {
      return unreadBytes - released;
    } finally {
      lock.unlock();
    }
  }
}
