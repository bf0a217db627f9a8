package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.SessionSnapshot;
import io.libchan.spi.Codec;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.Rejoined;
import io.libchan.spi.SendPort;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
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
  /**
   * What a relay is told that comes too late: the channel goes on elsewhere, {@link
   * Fence#rejoined}.
   */
  static final long GOES_ON = Long.MIN_VALUE;

  private @Nullable FrameReader begun; // a frame that is not complete

  private volatile Codec.@Nullable Format format;
  private volatile @Nullable Type type;

  // Guarded by lock; base: how many messages the end had sent, all received, before it was tied to
  // this stream.
  private long base;
  private @Nullable WaitList senders;
  private @Nullable WaitList receipts;
  private long sent;
  private int opening; // messages that have a place, and whose streams are being opened
  private long acked;
  private long flushed; // the message up to which FLUSH asked
  private int streamsWanted; // by the message that found no place for the streams it names
  private int descriptorsWanted; // the same, for descriptors
  private boolean adopting; // takes what was queued before the end was tied to this stream
  private @Nullable Reason closed; // CLOSE follows what is under way
  private boolean complete;
  private final @Nullable Rendezvous rendezvous; // for capacity 0

  private volatile @Nullable Fence<T> fence; // made when it is known that the messages come back

  private volatile @Nullable Relay relay; // where messages come from, if not from an application
  private boolean relayWaits; // guarded by lock

  RemoteSendPort(CoreSession session, StreamHeaders headers) {
    super(session, headers);
    rendezvous = headers.capacity() == 0 ? new Rendezvous() : null;
  }

  /** Gives the port the type that the application sends. */
  void use(Type newType) {
    format = session.format(headers.codec(), newType);
    type = newType;
    Loops.changed(echo());
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

  // ---- sending ----

  @Override
  public long trySend(T message) throws ChannelException {
    if (!looksReady()) {
      lock.lock();
      try {
        if (isPassed()) {
          return SUPERSEDED;
        }
        check();
        if (!hasRoom()) {
          return NO_ROOM;
        }
      } finally {
        lock.unlock();
      }
    }
    Codec.Format known = format;
    if (known == null) {
      throw new IllegalStateException("this end has no type yet");
    }
    Encoding encoding = session.takeEncoding();
    try {
      encoding.encode(message, known);
      return encoding.attachments().isEmpty() ? post(encoding) : postWith(encoding);
    } finally {
      session.giveBack(encoding);
    }
  }

  /**
   * A look without the lock, for the most common answer. It may be out of date: who posts looks
   * again, and who finds no room here looks again at once.
   */
  private boolean looksReady() {
    return failure() == null && closed == null && hasRoom();
  }

  /** Guarded by lock. */
  private void check() throws ChannelException {
    Reason failed = failure();
    if (failed != null) {
      throw exception(failed);
    }
    if (closed != null && !goesOn()) {
      throw new IllegalStateException("this end is closed");
    }
  }

  /** Guarded by lock. */
  private boolean hasRoom() {
    return !isFenced()
        && sent + opening - acked < Math.max(1, capacity())
        && outbox.bytes() < session.limits().maxQueuedBytes();
  }

  @Override
  public void adopt(long lastNumber) {
    lock.lock();
    try {
      base = lastNumber - sent;
      adopting = true;
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
    Loops.changed(echo());
  }

  /** Waits for {@link #adopt} or a relay: what is sent here has another beginning. */
  void awaitAdoption() {
    lock.lock();
    try {
      adopting = true;
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
    } catch (ChannelException | RuntimeException e) {
      attachments.undo();
      throw e;
    }
    if (!reserve(attachments)) {
      return NO_ROOM;
    }
    try {
      return postReserved(encoding);
    } finally {
      stream().wantWrite();
    }
  }

  private long postReserved(Encoding encoding) throws ChannelException {
    Moves moves = encoding.attachments().open(this);
    byte[] frame = encoding.frame(moves.names());
    long number;
    Reason failed;
    lock.lock();
    try {
      failed = failure();
      opening--;
      sent++;
      if (failed == null) {
        moves.names().addTo(outbox, frame);
        if (rendezvous != null) {
          rendezvous.hold(sent, moves);
        }
      }
      number = sent + base;
      closeIfDue();
    } finally {
      lock.unlock();
    }
    goOn();
    if (failed != null) {
      moves.undo(failed);
      throw exception(failed);
    }
    if (capacity() > 0) {
      moves.commit();
    }
    return number;
  }

  private static void commit(@Nullable Moves moves) {
    if (moves != null) {
      moves.commit();
    }
  }

  private boolean reserve(OutgoingAttachments attachments) throws ChannelException {
    int count = attachments.streams();
    boolean done = false;
    boolean places = session.descriptors().reserve(attachments.descriptors());
    boolean slots = places && session.reserveStreams(count);
    try {
      lock.lock();
      try {
        check();
        streamsWanted = slots || !places ? 0 : count;
        descriptorsWanted = places ? 0 : attachments.descriptors();
        // What is queued at an end that moves can't wait: those who hold places may wait for it.
        if (!places && adopting) {
          throw new LimitExceeded(
              Reason.limit(
                  "descriptors", "no place for the " + descriptorsWanted + " of a message"));
        }
        if (places && !slots && (adopting || count > session.peerHello().streams())) {
          throw new LimitExceeded(
              Reason.limit("streams", "no place for the " + count + " streams of a message"));
        }
        if (slots && hasRoom()) {
          opening++;
          done = true;
        }
      } finally {
        lock.unlock();
      }
      return done;
    } finally {
      if (!done) {
        int descriptors = attachments.descriptors();
        attachments.undo();
        if (places && descriptors > 0) {
          session.descriptors().unreserve(descriptors);
        }
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
    SendPort<T> next = successor();
    if (next != null && capacity() > 0) {
      return next.isReceived(number); // a fence is acknowledged before all is received
    }
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
      } else if (rendezvous != null && rendezvous.isBack(number - base)) {
        return true;
      }
      moves = rendezvous == null ? null : rendezvous.settle(number - base);
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
      back = rendezvous != null && rendezvous.takeBack(wire);
      if (rendezvous != null && back) {
        moves = rendezvous.settle(wire);
      } else if (acked < wire && failure() == null) {
        if (rendezvous != null && !isEnding() && rendezvous.ask(wire)) {
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
    int descriptors;
    lock.lock();
    try {
      descriptors = descriptorsWanted;
      now = isDecided();
      streams = Math.max(1, streamsWanted);
      if (!now && !hasRoom()) {
        senders = WaitList.add(senders, waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    if (now
        || (session.descriptors().hasPlaces(descriptors, waiter)
            && session.hasStreams(streams, waiter))) {
      waiter.signal();
      return;
    }
    lock.lock();
    try {
      now = isDecided(); // since the waiter is known to the session, somebody wakes it
    } finally {
      lock.unlock();
    }
    if (now) {
      waiter.signal();
    }
  }

  /** Whether no room will come, and sending says why. Guarded by lock. */
  private boolean isDecided() {
    return failure() != null || (goesOn() ? isPassed() : closed != null);
  }

  /** Those who wait at the session for places for descriptors, if one may. Guarded by lock. */
  private @Nullable Waiter forDescriptors() {
    return descriptorsWanted == 0 ? null : session.descriptors()::wake;
  }

  @Override
  public void awaitReceipt(long number, Waiter waiter) {
    lock.lock();
    try {
      boolean known = acked + base >= number || isPassed();
      if (!known && failure() == null) {
        receipts = WaitList.add(receipts, waiter);
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
      if (!WaitList.remove(senders, waiter) && !WaitList.remove(receipts, waiter) && hasRoom()) {
        following = WaitList.take(senders);
      }
    } finally {
      lock.unlock();
    }
    session.forgetStreamWaiter(waiter);
    session.descriptors().forget(waiter);
    WaitList.signal(following);
  }

  @Override
  @Nullable Waiter madeRoom() {
    if (relayWaits && hasRelayRoom()) {
      relayWaits = false;
      return relay;
    }
    return WaitList.isEmpty(senders) || !hasRoom() ? null : WaitList.takeAll(senders);
  }

  // ---- the peer's frames ----

  @Override
  public void received(ByteBuffer bytes) {
    int count = bytes.remaining();
    try {
      begun = FrameReader.read(begun, bytes, this);
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
      throw Failure.protocol("FRM-3", "frame of kind " + kind + " of " + body.length + " bytes");
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
      if (back && (rendezvous == null || !rendezvous.cameBack(count))) {
        throw Failure.protocol("CH-15", "message " + count + " was not asked back");
      }
      acked = count;
      room = hasRoom() ? WaitList.takeAll(senders) : null;
      receipt = WaitList.takeAll(receipts);
      close = closeIfDue();
    } finally {
      lock.unlock();
    }
    if (close) {
      stream().wantWrite();
    }
    WaitList.signal(room);
    WaitList.signal(receipt);
    WaitList.signal(relay);
    goOn();
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
      all = closed != null && isEnding() && acked == sent && begun == null;
      if (all) {
        complete = true;
        ended = takeEnds();
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
      if (!goesOn() && (closed != null || isEnding() || failure() != null)) {
        return;
      }
    } finally {
      lock.unlock();
    }
    Rejoined<T> next = rejoined();
    if (next != null) {
      next.sending().close(reason);
      return;
    }
    lock.lock();
    try {
      if (closed != null) {
        return;
      }
      closed = reason.isEnd() ? reason : session.stamp(reason);
      closeIfDue();
      woken = both(WaitList.takeAll(senders), forDescriptors());
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    stream().wantWrite();
  }

  // ---- for a relay ----

  /**
   * From now on messages come from a relay alone; the number of the last one sent, or {@link
   * #GOES_ON}.
   */
  long begin(Relay feeder) {
    lock.lock();
    try {
      if (goesOn()) {
        return GOES_ON;
      }
      relay = feeder;
      adopting = false;
      return sent + base;
    } finally {
      lock.unlock();
    }
  }

  @Nullable Relay relay() {
    return relay;
  }

  @Override
  public void relayFrom(ReceivePort<T> source) {
    Rejoined<T> next = rejoined();
    if (next != null) {
      next.sending().relayFrom(source);
      return;
    }
    source.relayTo(this);
  }

  @Override
  public void execute(Runnable task) {
    session.environment().execute(task);
  }

  @Override
  public void refuse(Reason reason) {
    close(reason);
    fail(session.stamp(reason));
  }

  /** The number of the last message known to be received. */
  long acknowledged() {
    lock.lock();
    try {
      return acked + base;
    } finally {
      lock.unlock();
    }
  }

  /** Why nothing can be sent any more, for another reason than that this side has ended it. */
  @Nullable Reason broken() {
    lock.lock();
    try {
      return failure();
    } finally {
      lock.unlock();
    }
  }

  /** Guarded by lock. */
  private boolean hasRelayRoom() {
    return hasRoom() && outbox.bytes() < RELAY_BYTES;
  }

  /** Whether so many more may be under way. */
  boolean hasRoomBehind(int count) {
    lock.lock();
    try {
      return count == 0 || sent + opening - acked + count <= Math.max(1, capacity());
    } finally {
      lock.unlock();
    }
  }

  /** Whether a message may be passed on now; if not, the relay is told when. */
  boolean hasRoomFor(Relay feeder) {
    lock.lock();
    try {
      relayWaits = !hasRelayRoom() && feeder == relay;
      return !relayWaits && closed == null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Passes on a message that was taken where it arrived; its number. {@code NO_ROOM} if there is no
   * place for the streams that it names, and the relay is told when; −1 if the channel is over.
   */
  long pass(Incoming message, Relay feeder) {
    Reason refused = refusal(message);
    if (refused != null) {
      feeder.from().session.release(message);
      refuse(refused);
      return -1;
    }
    int count = Forwards.streams(session, message);
    int descriptors = message.named().length - count;
    session.descriptors().forget(feeder); // it asks at each turn
    session.forgetStreamWaiter(feeder);
    if (!session.descriptors().reserve(descriptors)) {
      if (session.descriptors().hasPlaces(descriptors, feeder) && !session.isEnding()) {
        feeder.signal();
      }
      return NO_ROOM;
    }
    if (count > 0 && !session.reserveStreams(count)) {
      session.descriptors().unreserve(descriptors);
      if (session.hasStreams(count, feeder) && !session.isEnding()) {
        feeder.signal(); // at the session's end this port is told, and tells the relay
      }
      return NO_ROOM;
    }
    Forwards forwards = Forwards.open(this, message);
    Reason failed;
    long number;
    lock.lock();
    try {
      failed = failure();
      number = ++sent + base;
      if (failed == null) {
        message.addTo(outbox, forwards.names());
      }
    } finally {
      lock.unlock();
    }
    if (failed != null) {
      feeder.from().session.release(message);
      forwards.abandon(failed);
      return -1;
    }
    forwards.join(feeder.from().session);
    stream().wantWrite();
    return number;
  }

  /** Why this peer does not take a message. Rules CH-2, ATT-4. */
  private @Nullable Reason refusal(Incoming message) {
    Hello peer = session.peerHello();
    int count = message.named().length;
    if (message.bytes() > peer.messageBytes()) {
      return Reason.limit(
          "message-bytes", "message of " + message.bytes() + " bytes > " + peer.messageBytes());
    }
    if (count > peer.maxAttachments()) {
      return Reason.limit("attachments", "message of " + count + " > " + peer.maxAttachments());
    }
    int descriptors = Forwards.descriptors(session, message);
    if (descriptors > peer.descriptors()) {
      return Reason.limit("descriptors", "message of " + descriptors + " > " + peer.descriptors());
    }
    return count - descriptors > peer.streams()
        ? Reason.limit("streams", "no place for the " + count + " streams of a message")
        : null;
  }

  /** As {@link #withdraw}, where a failure is told otherwise. */
  Withdrawal tryWithdraw(long number) {
    try {
      return withdraw(number);
    } catch (ChannelException e) {
      return Withdrawal.PENDING;
    }
  }

  /** Tells the peer what it gets here: all that it sends on another stream. Rule FWD-10. */
  void sayEcho(RemoteReceivePort<?> from) {
    lock.lock();
    try {
      if (!isOpen()) {
        return;
      }
      outbox.addNaming(
          Frames.count(Frames.ECHO, from.headers.reference()), new StreamPort[] {from});
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
  }

  // ---- messages that come back ----

  boolean isTyped() {
    return type != null;
  }

  /** Whether its messages can come to an end by a fence: whoever feeds it is known. */
  boolean isSettled() {
    lock.lock();
    try {
      return isOpen() && !adopting;
    } finally {
      lock.unlock();
    }
  }

  /** Guarded by lock. */
  private boolean isOpen() {
    return closed == null && !isFenced() && !isEnding() && failure() == null;
  }

  /** Messages come as objects from now on, no more from a relay. */
  void goOnWithObjects(Type as) {
    use(as);
    lock.lock();
    try {
      adopting = true;
      relay = null;
    } finally {
      lock.unlock();
    }
  }

  Fence<T> fence() {
    lock.lock();
    try {
      Fence<T> made = fence;
      if (made == null) {
        made = new Fence<>(this);
        fence = made;
      }
      return made;
    } finally {
      lock.unlock();
    }
  }

  /** Where the messages come out in this process, as far as that is known and of use. */
  @Nullable RemoteReceivePort<?> echo() {
    Fence<T> known = fence;
    return known == null ? null : known.echo();
  }

  /** Guarded by lock. */
  private boolean isFenced() {
    Fence<T> known = fence;
    return known != null && known.isStarted();
  }

  /** Guarded by lock. */
  private boolean goesOn() {
    Fence<T> known = fence;
    return known != null && known.goesOn();
  }

  /** Guarded by lock. */
  private boolean isPassed() {
    Fence<T> known = fence;
    return known != null && known.isPassed();
  }

  private @Nullable Rejoined<T> rejoined() {
    Fence<T> known = fence;
    return known == null ? null : known.rejoined();
  }

  private void goOn() {
    Fence<T> known = fence;
    if (known != null) {
      known.goOn();
    }
  }

  /**
   * Ends the stream after what is under way, while the channel goes on elsewhere; whether it can.
   *
   * @param next where an application's end goes on; null if a relay feeds this port
   */
  boolean startFence(@Nullable Rejoined<T> next) {
    Fence<T> behind = fence();
    lock.lock();
    try {
      if (!isOpen() || adopting || (next == null) == (relay == null)) {
        return false;
      }
      behind.start(next);
      closed = Reason.of(ReasonCode.RETURNED, "");
      closeIfDue();
    } finally {
      lock.unlock();
    }
    behind.goOn();
    return true;
  }

  /** The number of the last message known to be received. Guarded by lock. */
  long known() {
    return acked + base;
  }

  /** Whether the peer has received all, and its direction is at its end. Guarded by lock. */
  boolean isComplete() {
    return complete;
  }

  @Override
  public @Nullable SendPort<T> successor() {
    Fence<T> known = fence;
    return known == null ? null : known.successor();
  }

  @Override
  void failed(Reason reason) {
    Fence<T> known = fence;
    if (known != null) {
      known.failed(reason);
    }
    WaitList.signal(relay);
  }

  /**
   * Queues CLOSE, but not before a message whose streams are being opened, nor while a message of a
   * rendezvous may still be asked back. Guarded by lock.
   */
  private boolean closeIfDue() {
    Reason reason = closed;
    boolean due = opening == 0 && (capacity() > 0 || acked == sent);
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
      return complete && !goesOn() ? closed : failure();
    } finally {
      lock.unlock();
    }
  }

  @Override
  @Nullable Waiter everybody() {
    return both(both(WaitList.takeAll(senders), WaitList.takeAll(receipts)), forDescriptors());
  }

  private static @Nullable Waiter both(@Nullable Waiter one, @Nullable Waiter two) {
    return one == null
        ? two
        : () -> {
          one.signal();
          WaitList.signal(two);
        };
  }

  @Override
  SessionSnapshot.Role role() {
    return SessionSnapshot.Role.SENDER;
  }

  @Override
  long messages() {
    return sent;
  }

  @Override
  long pending() {
    return sent - acked;
  }

  @Override
  boolean isRelayed() {
    return relay != null;
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
      if (failure() == null && (goesOn() ? !isPassed() : !complete)) {
        awaitEnd(waiter);
        return;
      }
    } finally {
      lock.unlock();
    }
    waiter.signal();
  }
}
