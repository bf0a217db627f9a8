package io.libchan.core.sim;

import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.core.Inside;
import io.libchan.spi.MuxConnection;
import org.jspecify.annotations.Nullable;

/** One side of a link: a session of a node's. */
final class Side {
  private final Node node;
  private final int link;
  private final World world;
  private final Options options;
  private final MuxConnection mux;
  private final Inside session;
  private boolean started;
  private boolean startFailed;
  private @Nullable Reason closed;

  Side(Node node, int link, MuxConnection mux, boolean connecting, Options options) {
    this.node = node;
    this.link = link;
    this.options = options;
    this.mux = mux;
    world = node.world();
    session = new Inside(mux, connecting, options, world);
    node.add(this);
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
              world.note("started", node.number(), link, started ? 1 : 0);
            });
  }

  private void closed(Reason reason) {
    closed = reason;
    world.note("sessionEnd", node.number(), link, reason.number());
    node.sawFailure(reason);
    if (!node.ledger().isAllowed(reason.code(), 1 << link)) {
      world.violate(this + ": nothing explains that the session ended: " + reason);
    }
  }

  Node node() {
    return node;
  }

  int link() {
    return link;
  }

  Inside session() {
    return session;
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
    node.ledger().allow(ReasonCode.SESSION_CLOSED, link);
    session.startClosing();
    Reason late = Reason.of(ReasonCode.SESSION_CLOSED, "the session was closed here");
    world.after(
        options.closeTimeout().toNanos(),
        () -> {
          if (!isClosed()) {
            node.ledger().allow(ReasonCode.CONNECTION_LOST, link);
            mux.abort(late);
          }
        });
  }

  void abort() {
    world.hit(Hit.ABORTED);
    node.ledger().allow(ReasonCode.FAILED, link);
    node.ledger().allow(ReasonCode.CONNECTION_LOST, link);
    session.abort(Reason.of(ReasonCode.FAILED, "the simulator gives up"));
  }

  /** Drains for so long, then closes; once the session has begun. */
  void drain(long timeout) {
    if (isStarted()) {
      node.ledger().allow(ReasonCode.DRAINING, link);
      session.startDraining();
      drained(world.time() + timeout);
    } else if (!isSettled()) {
      world.after(10 * World.MILLISECOND, () -> drain(timeout));
    }
  }

  private void drained(long deadline) {
    if (session.streams() == 0 || world.time() >= deadline) {
      close();
    } else {
      world.after(10 * World.MILLISECOND, () -> drained(deadline));
    }
  }

  boolean isEmpty() {
    return session.streams() == 0
        && session.references() == 0
        && session.waiting() == 0
        && session.echoes() == 0
        && session.unreadBytes() == 0;
  }

  @Override
  public String toString() {
    return node.name()
        + " on link "
        + link
        + ": "
        + session.streams()
        + " streams, "
        + session.references()
        + " references, "
        + session.waiting()
        + " waiting, "
        + session.echoes()
        + " echoes, "
        + session.unreadBytes()
        + " bytes unread";
  }
}
