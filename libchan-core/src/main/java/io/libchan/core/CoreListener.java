package io.libchan.core;

import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Session;
import io.libchan.SessionHandler;
import io.libchan.SessionLost;
import io.libchan.spi.Connection;
import io.libchan.spi.Environment;
import io.libchan.spi.Transport;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Runs the handler for each session that a peer opens. Thread-safe. */
final class CoreListener implements Listener {
  private static final System.Logger LOG = System.getLogger("io.libchan");
  private static final Reason CLOSED =
      Reason.of(ReasonCode.SESSION_CLOSED, "the listener was closed");

  private final Options options;
  private final SessionHandler handler;
  private final Environment environment;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Set<RunningSession> sessions = new HashSet<>();
  private boolean closed;
  private Transport.@Nullable Bound bound;

  CoreListener(CoreEngine engine, Options options, SessionHandler handler) {
    this.options = options;
    this.handler = handler;
    environment = new SystemEnvironment(options.executor());
  }

  void bind(Transport.Bound newBound) {
    lock.lock();
    try {
      bound = newBound;
    } finally {
      lock.unlock();
    }
  }

  void accepted(Connection connection) {
    RunningSession session = CoreEngine.running(connection, false, options, environment);
    boolean late;
    lock.lock();
    try {
      late = closed;
      if (!late) {
        sessions.add(session);
      }
    } finally {
      lock.unlock();
    }
    session.whenOver(() -> forget(session));
    session.start().thenAccept(started -> environment.execute(() -> serve(session)));
    if (late) {
      session.abort(CLOSED);
    }
  }

  private void serve(RunningSession session) {
    try {
      handler.handle(session);
    } catch (Throwable e) {
      if (e instanceof SessionLost || e.getCause() instanceof SessionLost) {
        endedWithASession(session, e);
      } else {
        failed(session, e);
      }
    }
  }

  /**
   * The usual end of a handler that serves for as long as the session lasts; but what was lost may
   * be another session that it works with. Then this one would wait for ever for what the handler
   * did.
   */
  private void endedWithASession(RunningSession session, Throwable e) {
    LOG.log(System.Logger.Level.DEBUG, "the handler of " + session + " ended with it", e);
    // A channel may tell that the peer closes the session before the session has heard it.
    Environment.Timer unused =
        environment.schedule(
            options.closeTimeout(),
            () -> {
              if (!session.isEnding()) {
                failed(session, e);
              }
            });
  }

  private static void failed(Session session, Throwable e) {
    LOG.log(System.Logger.Level.ERROR, "the handler of " + session + " failed", e);
    session.abort(
        Reason.of(ReasonCode.INTERNAL, "the handler failed: " + e.getClass().getSimpleName()));
  }

  private void forget(RunningSession session) {
    lock.lock();
    try {
      sessions.remove(session);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public URI uri() {
    lock.lock();
    try {
      if (bound == null) {
        throw new IllegalStateException("not bound yet");
      }
      return bound.uri();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int sessions() {
    lock.lock();
    try {
      sessions.removeIf(RunningSession::isOver); // whoever ended one may not have told us yet
      return sessions.size();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean drain(Duration timeout) throws InterruptedException {
    List<RunningSession> all = stopAccepting();
    long deadline = System.nanoTime() + timeout.toNanos();
    all.forEach(RunningSession::startDraining);
    boolean clean = true;
    for (RunningSession session : all) {
      clean &= session.drain(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }
    return clean;
  }

  @Override
  public void close() {
    List<RunningSession> all = stopAccepting();
    all.forEach(RunningSession::startClosing);
    long deadline = System.nanoTime() + options.closeTimeout().toNanos();
    all.forEach(session -> session.awaitOver(deadline - System.nanoTime()));
  }

  private List<RunningSession> stopAccepting() {
    Transport.Bound address;
    List<RunningSession> all;
    lock.lock();
    try {
      closed = true;
      address = bound;
      all = new ArrayList<>(sessions);
    } finally {
      lock.unlock();
    }
    if (address != null) {
      address.close();
    }
    return all;
  }
}
