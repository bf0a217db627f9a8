package io.libchan.core.sim;

import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.core.Inside;
import io.libchan.spi.MuxConnection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One side: its session, and everybody who uses it. */
final class Node {
  private final int number;
  private final World world;
  private final Ledger ledger;
  private final Workload workload;
  private final Options options;
  private final MuxConnection mux;
  private final Inside session;
  private final List<Actor> actors = new ArrayList<>();
  private final int paceMicros;
  private boolean started;
  private boolean startFailed;
  private @Nullable Reason closed;

  Node(
      int number,
      World world,
      Ledger ledger,
      Workload workload,
      MuxConnection mux,
      Options options) {
    this.number = number;
    this.world = world;
    this.ledger = ledger;
    this.workload = workload;
    this.options = options;
    this.mux = mux;
    session = new Inside(mux, number == 0, options, world);
    paceMicros = world.chance(50) ? 50 : 5_000;
  }

  void start() {
    session.closed().thenAccept(this::closed);
    session
        .start()
        .whenComplete(
            (ready, failure) -> {
              started = failure == null;
              startFailed = failure != null;
              if (startFailed) {
                world.hit(Hit.FAILED_TO_START);
              }
              world.note("started", number, started ? 1 : 0, 0);
            });
  }

  private void closed(Reason reason) {
    closed = reason;
    world.note("sessionEnd", number, reason.number(), 0);
    sawFailure(reason);
    if (!ledger.isAllowed(reason.code())) {
      world.violate("node " + number + ": nothing explains that the session ended: " + reason);
    }
  }

  int number() {
    return number;
  }

  World world() {
    return world;
  }

  Ledger ledger() {
    return ledger;
  }

  Workload workload() {
    return workload;
  }

  Inside session() {
    return session;
  }

  Options options() {
    return options;
  }

  /** How long somebody here takes between two things. */
  long pace() {
    return world.between(0, (world.isFinishing() ? 50 : paceMicros) * World.MICROSECOND);
  }

  void add(Actor actor) {
    actors.add(actor);
  }

  List<Actor> actors() {
    return actors;
  }

  boolean isStarted() {
    return started;
  }

  /** Whether the beginning succeeded or failed. */
  boolean isSettled() {
    return started || startFailed;
  }

  boolean isClosed() {
    return closed != null;
  }

  @Nullable Reason closedBy() {
    return closed;
  }

  /** Closes as {@code Session.close} does, without a thread that waits. */
  void close() {
    ledger.allow(ReasonCode.SESSION_CLOSED);
    session.startClosing();
    Reason late = Reason.of(ReasonCode.SESSION_CLOSED, "the session was closed here");
    world.after(
        options.closeTimeout().toNanos(),
        () -> {
          if (!isClosed()) {
            ledger.allow(ReasonCode.CONNECTION_LOST);
            mux.abort(late);
          }
        });
  }

  void drain(long timeout) {
    ledger.allow(ReasonCode.DRAINING);
    session.startDraining();
    drained(world.time() + timeout);
  }

  private void drained(long deadline) {
    if (session.streams() == 0 || world.time() >= deadline) {
      close();
    } else {
      world.after(10 * World.MILLISECOND, () -> drained(deadline));
    }
  }

  void sawFailure(Reason reason) {
    switch (reason.code()) {
      case LIMIT -> world.hit(Hit.LIMIT);
      case CONNECTION_LOST -> world.hit(Hit.CONNECTION_LOST);
      case KEEPALIVE_TIMEOUT -> world.hit(Hit.KEEPALIVE_TIMEOUT);
      case SESSION_CLOSED -> world.hit(Hit.CLOSED);
      case DRAINING -> world.hit(Hit.DRAINED);
      case UNCLAIMED -> world.hit(Hit.LOST_END);
      default -> {}
    }
  }

  @Override
  public String toString() {
    return "node "
        + number
        + ": "
        + session.streams()
        + " streams, "
        + session.references()
        + " references, "
        + session.waiting()
        + " waiting, "
        + session.unreadBytes()
        + " bytes unread";
  }
}
