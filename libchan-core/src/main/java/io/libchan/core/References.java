package io.libchan.core;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.core.table.Table;
import io.libchan.spi.StreamHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The streams that the peer opened, by reference, until a message names them; and the names that
 * wait for their stream. Either may come first; both are bounded in number and time. Rules ATT-2,
 * ATT-3, PRE-3, PRE-8.
 *
 * <p>Thread-safe. Ports are called without the lock.
 */
final class References {
  private final CoreSession session;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock. By reference: an Entry, or the port itself once it arrived and was named.
  private final Table<Table.Keyed> entries = new Table<>();
  private int unnamed;
  private int awaited;
  private boolean sweeping;

  /** A stream that arrived and was not named yet, or a name that waits for its stream. */
  private static final class Entry implements Table.Keyed {
    private final long reference;
    private long since;
    private @Nullable StreamPort port;
    private Incoming.@Nullable Named name;
    private @Nullable RemoteReceivePort<?> channel;
    private boolean over; // the stream ended before a message named it

    Entry(long reference, long since) {
      this.reference = reference;
      this.since = since;
    }

    @Override
    public long key() {
      return reference;
    }
  }

  References(CoreSession session) {
    this.session = session;
  }

  /** Counts what waits, for leak checks. */
  int waiting() {
    return unnamed() + awaited();
  }

  int unnamed() {
    lock.lock();
    try {
      return unnamed;
    } finally {
      lock.unlock();
    }
  }

  int awaited() {
    lock.lock();
    try {
      return awaited;
    } finally {
      lock.unlock();
    }
  }

  /** The number of streams of the peer's that can be named or were. */
  int size() {
    lock.lock();
    try {
      return entries.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The peer opened an attachment's stream.
   *
   * @return why the stream is refused; null if it is not
   * @throws Failure if the session is to end
   */
  @Nullable Reason opened(StreamPort port) throws Failure {
    StreamHeaders headers = port.headers;
    RemoteReceivePort<?> waiting = null;
    Reason mismatch = null;
    lock.lock();
    try {
      Table.Keyed known = entries.get(headers.reference());
      if (known == null) {
        if (unnamed >= session.limits().maxPendingReferences()) {
          return Reason.limit("pending-references", unnamed + " streams that no message named");
        }
        Entry entry = new Entry(headers.reference(), session.environment().nanoTime());
        entry.port = port;
        entries.put(entry);
        unnamed++;
        sweepLater();
        return null;
      }
      if (!(known instanceof Entry entry) || entry.name == null) {
        throw Failure.protocol("PRE-3", "reference " + headers.reference() + " is used twice");
      }
      Incoming.Named name = entry.name;
      awaited--;
      entries.put(port);
      waiting = entry.channel;
      mismatch = mismatch(port, name, entry.channel);
      if (mismatch == null) {
        name.port = port; // before the look at missing: see CoreSession.release
      }
      if (name.missing) {
        return Reason.of(ReasonCode.UNCLAIMED, "the message that names it was dropped");
      }
      name.missing = mismatch != null;
    } finally {
      lock.unlock();
    }
    if (waiting != null) {
      waiting.attachmentsChanged();
      if (mismatch != null) {
        waiting.violated(mismatch);
      }
    }
    return mismatch;
  }

  private static @Nullable Reason mismatch(
      StreamPort port, Incoming.Named name, @Nullable RemoteReceivePort<?> channel) {
    long parent = channel == null ? 0 : channel.headers.reference();
    if (port.headers.kind() == name.kind && port.headers.parent() == parent) {
      return null;
    }
    return Reason.of(
        ReasonCode.PROTOCOL_ERROR,
        "ATT-3: attachment "
            + name.reference
            + " is of kind "
            + port.headers.kind()
            + " below "
            + port.headers.parent()
            + ", not "
            + name.kind
            + " below "
            + parent);
  }

  /** A message names streams. All or none of them are taken. */
  void name(RemoteReceivePort<?> channel, Incoming.Named[] names) throws Failure {
    lock.lock();
    try {
      int missing = check(channel, names);
      if (awaited + missing > session.limits().maxPendingReferences()) {
        throw new Failure(
            Reason.limit("pending-references", awaited + missing + " named before they came"));
      }
      for (Incoming.Named name : names) {
        if (entries.get(name.reference) instanceof Entry known) { // and its port came
          StreamPort port = known.port;
          unnamed--;
          name.port = port;
          if (port == null || known.over) {
            entries.remove(known);
          } else {
            entries.put(port);
          }
        } else {
          Entry entry = new Entry(name.reference, session.environment().nanoTime());
          entry.channel = channel;
          entry.name = name;
          entries.put(entry);
          awaited++;
          sweepLater();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Checks without changing anything; how many have not arrived. */
  private int check(RemoteReceivePort<?> channel, Incoming.Named[] names) throws Failure {
    int missing = 0;
    for (int i = 0; i < names.length; i++) {
      Incoming.Named name = names[i];
      if (!session.isPeers(name.reference)) {
        throw Failure.protocol("ATT-3", "attachment " + name.reference + " is not the sender's");
      }
      for (int j = 0; j < i; j++) {
        if (names[j].reference == name.reference) {
          throw Failure.protocol("ATT-3", "attachment " + name.reference + " is named twice");
        }
      }
      Table.Keyed known = entries.get(name.reference);
      if (known == null) {
        missing++;
        continue;
      }
      StreamPort port = known instanceof Entry entry ? entry.port : null;
      if (port == null) {
        throw Failure.protocol("ATT-3", "attachment " + name.reference + " is named twice");
      }
      Reason mismatch = mismatch(port, name, channel);
      if (mismatch != null) {
        throw new Failure(mismatch);
      }
    }
    return missing;
  }

  /** A top-level channel: it can't be named, but its reference is used. */
  void topLevel(StreamPort port) throws Failure {
    lock.lock();
    try {
      if (entries.putIfAbsent(port) != null) {
        throw Failure.protocol("PRE-3", "reference " + port.headers.reference() + " is used twice");
      }
    } finally {
      lock.unlock();
    }
  }

  /** A stream is over. One that no message named yet stays: the message may still come. */
  void over(StreamPort port) {
    lock.lock();
    try {
      boolean gone = entries.remove(port);
      if (!gone
          && entries.get(port.headers.reference()) instanceof Entry entry
          && entry.port == port) {
        entry.over = true;
      }
    } finally {
      lock.unlock();
    }
  }

  /** The session is over: nothing arrives and nothing is named any more. */
  void clear(Reason why) {
    List<StreamPort> unclaimed = new ArrayList<>();
    List<RemoteReceivePort<?>> waiting = new ArrayList<>();
    lock.lock();
    try {
      for (Table.Keyed known : entries.values()) {
        if (known instanceof Entry entry) {
          settle(entry, unclaimed, waiting);
        }
      }
      entries.clear();
      unnamed = 0;
      awaited = 0;
    } finally {
      lock.unlock();
    }
    waiting.forEach(RemoteReceivePort::attachmentsChanged);
    unclaimed.forEach(port -> port.abandon(why));
  }

  /**
   * Lists who is to be told that the rest did not come; whether that is a stream. Guarded by lock.
   */
  private static boolean settle(
      Entry entry, List<StreamPort> unclaimed, List<RemoteReceivePort<?>> waiting) {
    if (entry.port != null) {
      unclaimed.add(entry.port);
      return true;
    }
    if (entry.name != null && entry.channel != null) {
      entry.name.missing = true;
      waiting.add(entry.channel);
    }
    return false;
  }

  /** Guarded by lock. */
  private void sweepLater() {
    if (!sweeping) {
      sweeping = true;
      Duration period = session.options().referenceTimeout().dividedBy(4);
      session.environment().schedule(period, this::sweep);
    }
  }

  private void sweep() {
    long timeout = session.options().referenceTimeout().toNanos();
    long now = session.environment().nanoTime();
    List<StreamPort> unclaimed = new ArrayList<>();
    List<RemoteReceivePort<?>> waiting = new ArrayList<>();
    lock.lock();
    try {
      sweeping = false;
      for (Table.Keyed known : entries.values()) {
        if (known instanceof Entry entry
            && now - entry.since >= timeout
            && !settle(entry, unclaimed, waiting)) {
          awaited--;
          entries.remove(entry);
        }
      }
      if (unnamed + awaited > 0 && !session.isOver()) {
        sweepLater();
      }
    } finally {
      lock.unlock();
    }
    waiting.forEach(RemoteReceivePort::attachmentsChanged);
    unclaimed.forEach(this::expire);
  }

  /** Rule PRE-8: a message that is arriving, or waits behind unread ones, is not late. */
  private void expire(StreamPort port) {
    boolean waits = session.isArriving(port.headers.parent());
    lock.lock();
    try {
      if (!(entries.get(port.headers.reference()) instanceof Entry entry) || entry.port != port) {
        return;
      }
      if (waits) {
        entry.since = session.environment().nanoTime();
        return;
      }
      entries.remove(entry);
      unnamed--;
    } finally {
      lock.unlock();
    }
    port.abandon(session.stamp(Reason.of(ReasonCode.UNCLAIMED, "PRE-8: no message named it")));
  }
}
