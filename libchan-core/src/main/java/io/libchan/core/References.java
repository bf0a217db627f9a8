package io.libchan.core;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.StreamHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
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

  // Guarded by lock.
  private final Map<Long, Entry> entries = new HashMap<>();
  private int unnamed;
  private int awaited;
  private boolean sweeping;

  /** A stream that arrived, or a name that waits for one. */
  private static final class Entry {
    private long since;
    private @Nullable StreamPort port;
    private Incoming.@Nullable Named name;
    private @Nullable RemoteReceivePort<?> channel;
    private boolean over; // the stream ended before a message named it

    Entry(long since) {
      this.since = since;
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
      Entry entry = entries.get(headers.reference());
      if (entry == null) {
        if (unnamed >= session.limits().maxPendingReferences()) {
          return Reason.limit("pending-references", unnamed + " streams that no message named");
        }
        entry = new Entry(session.environment().nanoTime());
        entry.port = port;
        entries.put(headers.reference(), entry);
        unnamed++;
        sweepLater();
        return null;
      }
      Incoming.Named name = entry.name;
      if (entry.port != null || name == null) {
        throw Failure.protocol("PRE-3", "reference " + headers.reference() + " is used twice");
      }
      awaited--;
      entry.port = port;
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
        Entry entry = entries.get(name.reference);
        if (entry == null) {
          entry = new Entry(session.environment().nanoTime());
          entry.channel = channel;
          entries.put(name.reference, entry);
          awaited++;
          sweepLater();
        } else {
          unnamed--;
          name.port = entry.port;
          if (entry.over) {
            entries.remove(name.reference);
          }
        }
        entry.name = name;
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
      Entry entry = entries.get(name.reference);
      if (entry == null) {
        missing++;
        continue;
      }
      StreamPort port = entry.port;
      if (entry.name != null || port == null) {
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
      Entry entry = new Entry(0);
      entry.port = port;
      entry.name = new Incoming.Named(port.headers.kind(), port.headers.reference());
      if (entries.putIfAbsent(port.headers.reference(), entry) != null) {
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
      Entry entry = entries.get(port.headers.reference());
      if (entry == null || entry.port != port) {
        return;
      }
      if (entry.name == null) {
        entry.over = true;
      } else {
        entries.remove(port.headers.reference());
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
      for (Entry entry : entries.values()) {
        if (entry.name == null && entry.port != null) {
          unclaimed.add(entry.port);
        } else if (entry.port == null && entry.name != null && entry.channel != null) {
          entry.name.missing = true;
          waiting.add(entry.channel);
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
      for (Iterator<Entry> all = entries.values().iterator(); all.hasNext(); ) {
        Entry entry = all.next();
        if (now - entry.since < timeout) {
          continue;
        }
        if (entry.name == null && entry.port != null) {
          unclaimed.add(entry.port);
        } else if (entry.port == null && entry.name != null && entry.channel != null) {
          entry.name.missing = true;
          waiting.add(entry.channel);
          awaited--;
          all.remove();
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
      Entry entry = entries.get(port.headers.reference());
      if (entry == null || entry.name != null) {
        return;
      }
      if (waits) {
        entry.since = session.environment().nanoTime();
        return;
      }
      entries.remove(port.headers.reference());
      unnamed--;
    } finally {
      lock.unlock();
    }
    port.abandon(session.stamp(Reason.of(ReasonCode.UNCLAIMED, "PRE-8: no message named it")));
  }
}
