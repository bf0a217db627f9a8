package io.libchan.gateway;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one gateway: how many there may be, their figures, and their end.
 *
 * <p>Life: <em>open</em>; <em>draining</em> or <em>closed</em>, when nobody enters any more.
 *
 * <p>Thread-safe.
 */
final class Connections {
  private static final Reason DRAINING =
      Reason.of(ReasonCode.DRAINING, "the gateway takes no more connections");
  private static final Reason CLOSED = Reason.of(ReasonCode.CANCELLED, "the gateway was closed");
  private static final Duration LONGEST_TICK = Duration.ofSeconds(1);
  private static final Duration SHORTEST_TICK = Duration.ofMillis(5);

  /** A connection, or one that is being made. */
  interface Occupant {
    /** Ends it with a reset; the first reason counts. On any thread. */
    void abort(Reason reason);

    /** Time has passed; on the loop. */
    void tick(Duration idleTimeout);

    /** Its figures. */
    GatewayConnection snapshot();
  }

  private final Loop loop;
  private final GatewayOptions options;
  private final Duration tick;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final Set<Occupant> occupants = new HashSet<>();
  private @Nullable Reason stopped; // nobody enters
  private @Nullable Reason cutting; // and nobody stays
  private boolean ticking;
  private long ended;
  private long cut;
  private long refused;
  private long handedOver;
  private long bytesFromSockets;
  private long bytesToSockets;

  Connections(String role, GatewayOptions options) {
    this.options = options;
    loop = new Loop(role);
    Duration fine = options.idleTimeout().dividedBy(8);
    tick =
        fine.compareTo(LONGEST_TICK) > 0
            ? LONGEST_TICK
            : fine.compareTo(SHORTEST_TICK) < 0 ? SHORTEST_TICK : fine;
  }

  Loop loop() {
    return loop;
  }

  GatewayOptions options() {
    return options;
  }

  /** Lets it in; else the reason why not, and it has left already. Rules GW-21 and GW-22. */
  @Nullable Reason enter(Occupant occupant) {
    Reason reason;
    boolean first = false;
    lock.lock();
    try {
      reason = stopped;
      if (reason == null && occupants.size() >= options.maxConnections()) {
        reason =
            Reason.limit(
                "gateway-connections", "there are " + options.maxConnections() + " already");
      }
      if (reason == null) {
        occupants.add(occupant);
        first = !ticking;
        ticking = true;
      } else {
        refused++;
      }
    } finally {
      lock.unlock();
    }
    if (reason != null) {
      tell(occupant.snapshot(), reason, false);
    } else if (first) {
      loop.execute(this::scheduleTick);
    }
    return reason;
  }

  /** One takes the place of another. */
  void replace(Occupant before, Occupant after) {
    Reason late;
    lock.lock();
    try {
      occupants.remove(before);
      occupants.add(after);
      late = cutting;
    } finally {
      lock.unlock();
    }
    if (late != null) {
      after.abort(late);
    }
  }

  /**
   * It is over, and has a last look at its figures taken.
   *
   * @param made whether there ever was a connection from end to end
   */
  void over(Occupant occupant, Reason reason, boolean made) {
    GatewayConnection last = occupant.snapshot();
    lock.lock();
    try {
      if (!occupants.remove(occupant)) {
        return;
      }
      if (!made) {
        refused++;
      } else if (reason.isEnd()) {
        ended++;
      } else {
        cut++;
      }
      bytesFromSockets += last.bytesFromSocket();
      bytesToSockets += last.bytesToSocket();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    tell(last, reason, false);
  }

  /** Its socket goes on without this gateway. */
  void handedOver(Occupant occupant) {
    lock.lock();
    try {
      occupants.remove(occupant);
      handedOver++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    tell(occupant.snapshot(), Reason.END, true);
  }

  /** One that never had a place was refused. */
  void refused(GatewayConnection never, Reason reason) {
    lock.lock();
    try {
      refused++;
    } finally {
      lock.unlock();
    }
    tell(never, reason, false);
  }

  private void tell(GatewayConnection last, Reason reason, boolean away) {
    ConnectionEnd end = new ConnectionEnd(last, reason, away);
    try {
      options.executor().execute(() -> options.observer().accept(end));
    } catch (RejectedExecutionException e) {
      // The application shuts down, and its observer with it.
    }
  }

  private void scheduleTick() {
    Loop.Timer unused = loop.schedule(tick, this::tick);
  }

  private void tick() {
    all().forEach(occupant -> occupant.tick(options.idleTimeout()));
    lock.lock();
    try {
      ticking = !occupants.isEmpty();
      if (!ticking) {
        return;
      }
    } finally {
      lock.unlock();
    }
    scheduleTick();
  }

  private List<Occupant> all() {
    lock.lock();
    try {
      return new ArrayList<>(occupants);
    } finally {
      lock.unlock();
    }
  }

  List<GatewayConnection> snapshot() {
    return all().stream().map(Occupant::snapshot).toList();
  }

  GatewayCounts counts() {
    lock.lock();
    try {
      long from = bytesFromSockets;
      long to = bytesToSockets;
      for (Occupant occupant : occupants) {
        GatewayConnection now = occupant.snapshot();
        from += now.bytesFromSocket();
        to += now.bytesToSocket();
      }
      return new GatewayCounts(occupants.size(), ended, cut, refused, handedOver, from, to);
    } finally {
      lock.unlock();
    }
  }

  // ---- the end ----

  /** Lets nobody in, waits for those inside, and cuts who is left; whether nobody was. */
  boolean drain(Duration timeout) throws InterruptedException {
    stop(DRAINING);
    boolean empty = awaitEmpty(timeout);
    cutAll(DRAINING);
    return empty;
  }

  /** Lets nobody in, cuts everybody, and ends the loop. Idempotent. */
  void close() {
    stop(CLOSED);
    cutAll(CLOSED);
    loop.close();
  }

  private void cutAll(Reason reason) {
    lock.lock();
    try {
      cutting = reason;
    } finally {
      lock.unlock();
    }
    all().forEach(occupant -> occupant.abort(reason));
  }

  /** The first reason counts. */
  private void stop(Reason reason) {
    lock.lock();
    try {
      if (stopped == null) {
        stopped = reason;
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean awaitEmpty(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (!occupants.isEmpty() && left > 0) {
        left = changed.awaitNanos(left);
      }
      return occupants.isEmpty();
    } finally {
      lock.unlock();
    }
  }
}
