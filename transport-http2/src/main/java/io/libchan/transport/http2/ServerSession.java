package io.libchan.transport.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.spi.BodyConnection;
import io.libchan.spi.ByteConnection;
import io.libchan.transport.http2.common.Carrier;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A session of a listener: the requests that carry its id, over however many connections.
 *
 * <p>Thread-safe, but for what the lock of {@link Sessions} guards.
 */
final class ServerSession implements BodyConnection {
  private final Sessions sessions;
  private final String id;
  private final PeerInfo peer;
  private final Carrier carrier;
  private final References refs = new References();
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final List<Body> early = new ArrayList<>();

  @GuardedBy("lock")
  private @Nullable Handler handler;

  // Guarded by the lock of the sessions.
  private int bodies;
  private @Nullable Reason ended;

  ServerSession(Sessions sessions, String id, PeerInfo peer, Carrier carrier) {
    this.sessions = sessions;
    this.id = id;
    this.peer = peer;
    this.carrier = carrier;
  }

  String id() {
    return id;
  }

  Carrier carrier() {
    return carrier;
  }

  @Override
  public PeerInfo peer() {
    return peer;
  }

  @Override
  public void start(Handler value) {
    List<Body> before;
    lock.lock();
    try {
      handler = value;
      before = List.copyOf(early);
      early.clear();
    } finally {
      lock.unlock();
    }
    before.forEach(body -> body.loop().execute(() -> value.opened(body)));
  }

  /** A request of this session was accepted. On its event loop. */
  void opened(Body body) {
    Handler to;
    lock.lock();
    try {
      to = handler;
      if (to == null) {
        early.add(body);
      }
    } finally {
      lock.unlock();
    }
    if (to != null) {
      to.opened(body);
    }
  }

  @Override
  public ByteConnection open() {
    throw new IllegalStateException("the connecting side opens bodies");
  }

  @Override
  public void close(Reason reason) {
    sessions.closed(this, reason);
  }

  // ---- Under the lock of the sessions.

  References refs() {
    return refs;
  }

  /** Why the engine has closed it; null if it has not. */
  @Nullable Reason ended() {
    return ended;
  }

  int bodies() {
    return bodies;
  }

  void bodyOpened() {
    bodies++;
  }

  /** A request is over; returns whether the session is to be forgotten. */
  boolean bodyOver() {
    bodies--;
    return bodies == 0 && (ended != null || carrier == Carrier.SINGLE);
  }

  /** The engine has closed the session; returns whether it is to be forgotten. */
  boolean endedByEngine(Reason reason) {
    if (ended == null) {
      ended = reason;
    }
    return bodies == 0;
  }
}
