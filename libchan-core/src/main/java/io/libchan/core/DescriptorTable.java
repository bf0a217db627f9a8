package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.DescriptorPolicy;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Descriptor;
import io.libchan.spi.DescriptorConnection;
import io.libchan.spi.OpenEnd;
import io.libchan.spi.StreamHeaders.Kind;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.io.FileDescriptor;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors of one session: those that came and that no message named yet, how many of the
 * peer's are held here, and how many of ours may be under way. Rules FD-1 to FD-9.
 *
 * <p>Thread-safe. Nothing is called under the lock.
 */
final class DescriptorTable {
  /** What {@link #pass} answers if what names the descriptor can't leave with this write. */
  static final long STAYS = -1;

  private final CoreSession session;
  private final @Nullable DescriptorConnection connection;
  private final @Nullable DescriptorPolicy policy;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock. Received: came, of those taken, of those told to the peer.
  private final Map<Long, Arrived> unnamed = new LinkedHashMap<>(0);
  private boolean open; // the peer may know how many it may send
  private boolean over;
  private boolean sweeping;
  private long came;
  private long taken;
  private long told;
  private boolean takenOwed; // TAKEN is due

  // Guarded by lock. Sent: of those acknowledged; and reserved, but not sent yet.
  private final WaitList waiters = new WaitList();
  private long sent;
  private long acknowledged;
  private int reserved;

  /** One that came. */
  private static final class Arrived {
    private final Descriptor descriptor;
    private final long since;

    // Once its time is over: the messages that were arriving then, and may still name it.
    private @Nullable Map<RemoteReceivePort<?>, Long> hopes;

    Arrived(Descriptor descriptor, long since) {
      this.descriptor = descriptor;
      this.since = since;
    }

    /** Whether no message can name it any more. */
    boolean isHopeless(Map<RemoteReceivePort<?>, Long> arriving) {
      Map<RemoteReceivePort<?>, Long> left = new HashMap<>(hopes == null ? arriving : hopes);
      left.entrySet().retainAll(arriving.entrySet());
      hopes = left;
      return left.isEmpty();
    }
  }

  DescriptorTable(CoreSession session, @Nullable DescriptorConnection connection) {
    this.session = session;
    this.connection = connection;
    policy = connection == null ? null : policy(session, connection);
    if (connection != null && policy != DescriptorPolicy.NEVER) {
      connection.takeDescriptors(this::arrived);
    }
  }

  private static DescriptorPolicy policy(CoreSession session, DescriptorConnection connection) {
    DescriptorPolicy wanted = session.options().descriptorPolicy();
    if (wanted != null) {
      return wanted;
    }
    return connection.isSameUser() ? DescriptorPolicy.PREFER : DescriptorPolicy.NEVER;
  }

  /** For the HELLO: how many of the peer's are held here at once. Rule FD-4. */
  int allowed() {
    return connection == null || policy == DescriptorPolicy.NEVER
        ? 0
        : session.limits().maxDescriptors();
  }

  /** The HELLO is on its way: the peer may send from now on. */
  void open() {
    lock.lock();
    try {
      open = true;
    } finally {
      lock.unlock();
    }
  }

  // ---- sending ----

  /** Whether descriptors go to the peer. */
  boolean passes() {
    return allowed() > 0 && session.peerHello().descriptors() > 0;
  }

  /** Refuses bytes that don't go as a descriptor where that is required. */
  void check(@Nullable OpenEnd end) throws ChannelException {
    if (session.options().descriptorPolicy() != DescriptorPolicy.REQUIRE) {
      return;
    }
    if (end == null || end.descriptor() == null) {
      throw rejected("the attachment has no descriptor");
    }
    if (!passes()) {
      throw rejected("this session passes none: see Session.passesDescriptors");
    }
  }

  private static MessageRejected rejected(String why) {
    return new MessageRejected(
        Reason.of(ReasonCode.UNSUPPORTED, "a descriptor is required, and " + why));
  }

  /** Another descriptor of the same thing, to be passed. */
  Passing prepare(Kind role, FileDescriptor open) throws ChannelException {
    try {
      return new Passing(this, role, connection().duplicate(open));
    } catch (IOException e) {
      throw new MessageRejected(
          Reason.of(ReasonCode.FAILED, "the attachment's descriptor: " + e.getMessage()), e);
    }
  }

  private DescriptorConnection connection() {
    if (connection == null) {
      throw new IllegalStateException("no descriptors here");
    }
    return connection;
  }

  /** Takes places for descriptors under the peer's limit, all or none. Rule FD-5. */
  boolean reserve(int count) {
    lock.lock();
    try {
      if (count > 0 && !hasRoom(count)) {
        return false;
      }
      reserved += count;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Guarded by lock. */
  private boolean hasRoom(int count) {
    return sent - acknowledged + reserved + count <= session.peerHello().descriptors();
  }

  void unreserve(int count) {
    Waiter woken;
    lock.lock();
    try {
      reserved -= count;
      woken = waiters.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
  }

  /** Whether there are places now, or never will be; if not, the waiter is signalled. */
  boolean hasPlaces(int count, Waiter waiter) {
    lock.lock();
    try {
      if (over || count == 0 || hasRoom(count)) {
        return true;
      }
      waiters.add(waiter);
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Everybody who waits for places is to look again. */
  void wake() {
    Waiter woken;
    lock.lock();
    try {
      woken = waiters.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
  }

  void forget(Waiter waiter) {
    lock.lock();
    try {
      waiters.remove(waiter);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Passes a descriptor with the bytes that the writer is writing.
   *
   * @return its number, or {@link #STAYS} if the write carries as many as it can, or the descriptor
   *     was dropped: then its message never leaves
   */
  long pass(Passing one) {
    DescriptorConnection to = connection();
    if (to.isFull() || !one.claim()) {
      return STAYS;
    }
    to.pass(one.descriptor());
    lock.lock();
    try {
      reserved--;
      return ++sent;
    } finally {
      lock.unlock();
    }
  }

  /** The peer has let go of so many. Rule FD-7. */
  void peerTook(long count) throws Failure {
    Waiter woken;
    lock.lock();
    try {
      if (count < acknowledged || count > sent) {
        throw Failure.protocol(
            "FD-7", "TAKEN of " + count + " after " + acknowledged + ", " + sent + " were sent");
      }
      acknowledged = count;
      woken = waiters.takeAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
  }

  // ---- receiving ----

  private void arrived(Descriptor descriptor) {
    boolean late;
    boolean over;
    lock.lock();
    try {
      late = this.over;
      came++;
      over = came - taken > (open ? allowed() : 0);
      if (!late && !over) {
        unnamed.put(came, new Arrived(descriptor, session.environment().nanoTime()));
        sweepLater();
      }
    } finally {
      lock.unlock();
    }
    if (late || over) {
      Passing.close(descriptor);
    }
    if (over && !late) {
      session.abort(
          Reason.limit(
              "descriptors", "the peer sent more than " + allowed() + " that nobody took"));
    }
  }

  /** How many came that no message named yet, for leak checks. */
  int unnamed() {
    lock.lock();
    try {
      return unnamed.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A message names a descriptor: it is the message's from now on.
   *
   * @return null if it was closed because nobody named it in time
   */
  @Nullable Descriptor name(long number) throws Failure {
    lock.lock();
    try {
      if (number > came) {
        throw Failure.protocol(
            "FD-8", "descriptor " + number + " is named, and " + came + " were sent");
      }
      Arrived arrived = unnamed.remove(number);
      return arrived == null ? null : arrived.descriptor;
    } finally {
      lock.unlock();
    }
  }

  /** So many are held by the session no more. Rule FD-6. */
  void letGo(int count) {
    if (count == 0) {
      return;
    }
    boolean due;
    lock.lock();
    try {
      taken += count;
      due = !over && (4 * (taken - told) >= allowed() || came == taken);
      takenOwed |= due;
    } finally {
      lock.unlock();
    }
    if (due) {
      session.oweTaken();
    }
  }

  /**
   * What the peer is to be told now: how many were let go in all; 0 if that need not be yet. Only
   * the writer asks, so that a number never goes back. Rule FD-7.
   */
  long takenOwed() {
    lock.lock();
    try {
      if (!takenOwed) {
        return 0;
      }
      takenOwed = false;
      told = taken;
      return told;
    } finally {
      lock.unlock();
    }
  }

  /** Guarded by lock. */
  private void sweepLater() {
    if (!sweeping) {
      sweeping = true;
      Duration period = session.options().referenceTimeout().dividedBy(4);
      session.environment().schedule(period, this::sweep);
    }
  }

  /** Rule FD-9: what a message may name that is still arriving is not late. */
  private void sweep() {
    long timeout = session.options().referenceTimeout().toNanos();
    long now = session.environment().nanoTime();
    Map<RemoteReceivePort<?>, Long> arriving = session.arriving();
    List<Descriptor> expired = new ArrayList<>(0);
    lock.lock();
    try {
      sweeping = false;
      Iterator<Arrived> all = unnamed.values().iterator();
      while (all.hasNext()) {
        Arrived arrived = all.next();
        if (now - arrived.since >= timeout && arrived.isHopeless(arriving)) {
          expired.add(arrived.descriptor);
          all.remove();
        }
      }
      if (!unnamed.isEmpty() && !over) {
        sweepLater();
      }
    } finally {
      lock.unlock();
    }
    expired.forEach(Passing::close);
    letGo(expired.size());
  }

  /** The session is over: nothing comes, and nothing is named any more. */
  void close() {
    List<Arrived> left;
    Waiter woken;
    lock.lock();
    try {
      over = true;
      left = List.copyOf(unnamed.values());
      unnamed.clear();
      woken = waiters.takeAll();
    } finally {
      lock.unlock();
    }
    left.forEach(arrived -> Passing.close(arrived.descriptor));
    WaitList.signal(woken);
  }
}
