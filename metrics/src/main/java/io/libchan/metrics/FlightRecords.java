package io.libchan.metrics;

import io.libchan.Session;
import io.libchan.SessionSnapshot;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jdk.jfr.FlightRecorder;

/**
 * Flight Recorder events of sessions: {@code io.libchan.Session}, for each that is watched, at the
 * recording's period, once a second by default. Costs nothing while nothing is recorded.
 *
 * <p>Thread-safe.
 */
public final class FlightRecords {
  private static final Set<Session> WATCHED = ConcurrentHashMap.newKeySet();

  static {
    FlightRecorder.addPeriodicEvent(SessionEvent.class, FlightRecords::record);
  }

  private FlightRecords() {}

  /** Records a session from now on until it ends. Idempotent. */
  public static void watch(Session session) {
    WATCHED.add(session);
    session.closed().thenRun(() -> WATCHED.remove(session));
  }

  private static void record() {
    WATCHED.forEach(FlightRecords::record);
  }

  private static void record(Session session) {
    SessionSnapshot now = session.snapshot();
    SessionEvent event = new SessionEvent();
    event.peer = now.peer().node();
    event.transport = now.peer().transport();
    event.streams = now.streams().size();
    event.unreadBytes = now.unreadBytes();
    for (SessionSnapshot.Stream stream : now.streams()) {
      event.relayed += stream.relayed() ? 1 : 0;
      event.pendingMessages += stream.pending();
      event.queuedBytes += stream.queuedBytes();
    }
    event.commit();
  }
}
