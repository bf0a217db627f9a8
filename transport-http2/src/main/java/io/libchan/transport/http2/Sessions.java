package io.libchan.transport.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.BodyOptions;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Transport.Acceptor;
import io.libchan.transport.http2.common.Carrier;
import java.security.Principal;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of a listener by their ids, and which request belongs to which. Rules H2-3 to H2-7.
 * Thread-safe.
 */
final class Sessions {
  private static final int MAX_ENDED = 1024;
  private static final Reason OVER = Reason.of(ReasonCode.SESSION_CLOSED, "the session is over");

  private final int max;
  private final int maxBodies;
  private final Acceptor acceptor;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Map<String, ServerSession> byId = new HashMap<>();

  @GuardedBy("lock")
  private final Map<Body, ServerSession> byBody = new HashMap<>();

  /** The last ids that are over, and why: a request that a proxy repeats makes no new session. */
  @GuardedBy("lock")
  private final Map<String, Reason> ended =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Reason> eldest) {
          return size() > MAX_ENDED;
        }
      };

  @GuardedBy("lock")
  private boolean closed;

  Sessions(Options options, Acceptor acceptor) {
    this.acceptor = acceptor;
    max = Http2Options.of(options).maxSessions();
    BodyOptions given = options.find(BodyOptions.class);
    maxBodies = (given == null ? BodyOptions.DEFAULTS : given).maxBodies();
  }

  /** Answers a request with 200. */
  interface Accepting {
    void accept(Body body, PeerInfo peer, Carrier carrier);
  }

  /** Why a request is not taken. */
  private record Refusal(int status, Reason reason) {}

  /** Takes a request into its session, or refuses it. On the body's event loop. */
  void take(Body body, PeerInfo peer, Carrier carrier, String id, long ref, Accepting accepting) {
    Refusal refusal;
    ServerSession session;
    boolean fresh;
    lock.lock();
    try {
      session = byId.get(id);
      fresh = session == null;
      refusal = session == null ? refuseNew(id, ref) : refuse(session, peer, carrier, ref);
      if (refusal == null) {
        if (session == null) {
          session = new ServerSession(this, id, peer, carrier);
          byId.put(id, session);
        }
        session.refs().add(ref);
        session.bodyOpened();
        byBody.put(body, session);
      }
    } finally {
      lock.unlock();
    }
    if (refusal != null || session == null) {
      if (refusal != null) {
        Service.refuse(body, refusal.status, refusal.reason);
      }
      return;
    }
    accepting.accept(body, peer, carrier);
    if (carrier == Carrier.SINGLE) {
      acceptor.accepted(body);
      return;
    }
    if (fresh) {
      acceptor.accepted(session);
    }
    session.opened(body);
  }

  @GuardedBy("lock")
  private @Nullable Refusal refuseNew(String id, long ref) {
    Reason why = ended.get(id);
    if (why != null) {
      return new Refusal(410, why);
    }
    if (ref != 1) {
      return new Refusal(
          410,
          Reason.of(
              ReasonCode.CONNECTION_LOST,
              "no such session here: the server was restarted, or a proxy chose another one"));
    }
    if (closed) {
      return new Refusal(503, Reason.of(ReasonCode.DRAINING, "the listener was closed"));
    }
    if (byId.size() >= max) {
      return new Refusal(503, Reason.limit("sessions", "there are " + max + " already"));
    }
    return null;
  }

  @GuardedBy("lock")
  private @Nullable Refusal refuse(
      ServerSession session, PeerInfo peer, Carrier carrier, long ref) {
    if (!same(session.peer().principal(), peer.principal())) {
      return new Refusal(
          403, Reason.of(ReasonCode.REFUSED, "the session belongs to another principal"));
    }
    Reason why = session.ended();
    if (why != null) {
      return new Refusal(410, why); // the peer may learn it here before it does on its first body
    }
    if (session.bodies() >= maxBodies) {
      // The engine would end the session, but it may have to wait for its turn.
      return new Refusal(503, Reason.limit("bodies", "there are " + maxBodies + " already"));
    }
    if (session.carrier() != carrier || carrier == Carrier.SINGLE || !session.refs().isNew(ref)) {
      return new Refusal(
          409, Reason.of(ReasonCode.PROTOCOL_ERROR, "request " + ref + " came before"));
    }
    return null;
  }

  private static boolean same(@Nullable Principal one, @Nullable Principal other) {
    if (one == null || other == null) {
      return one == other;
    }
    return one.equals(other)
        || (one.getClass() == other.getClass() && one.getName().equals(other.getName()));
  }

  /** A request is over. */
  void over(Body body) {
    lock.lock();
    try {
      ServerSession session = byBody.remove(body);
      if (session != null && session.bodyOver()) {
        forget(session);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The engine has closed a session. */
  void closed(ServerSession session, Reason reason) {
    lock.lock();
    try {
      if (session.endedByEngine(reason)) {
        forget(session);
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void forget(ServerSession session) {
    if (byId.remove(session.id(), session)) {
      Reason why = session.ended();
      ended.put(session.id(), why == null ? OVER : why);
    }
  }

  /** No new session is taken any more. */
  void refuseNew() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }
}
