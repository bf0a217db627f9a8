package io.libchan.core.sim;

import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.core.yamux.BodyMux;
import io.libchan.core.yamux.YamuxConnection;
import io.libchan.spi.BodyConnection;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Connection;
import io.libchan.spi.MuxConnection;
import java.util.ArrayList;
import java.util.List;

/** A session between two nodes, its connection, and what goes wrong with it. */
final class Link {
  private final World world;
  private final LinkPlan plan;
  private final long safety;
  private final Wire wire;
  private final List<Side> sides = new ArrayList<>();
  private final List<MuxConnection> muxes = new ArrayList<>();
  private final List<Watched> watched = new ArrayList<>();

  Link(World world, LinkPlan plan, long safety, List<Node> nodes, Routes routes, Defect defect) {
    this.world = world;
    this.plan = plan;
    this.safety = safety;
    wire =
        switch (plan.kind) {
          case PIPE -> new SimPipe(world, plan.shape);
          case MUX -> new SimMux(world, plan.shape);
          case BODIES -> new SimBodies(world, plan.shape, plan.capacity);
        };
    for (int side = 0; side < 2; side++) {
      Options options = plan.options.get(side);
      Watched mux = new Watched(world, routes, defect.plant(world, options, mux(side)));
      watched.add(mux);
      MuxConnection top = defect.plantAtPorts(world, options, mux);
      sides.add(new Side(nodes.get(plan.node(side)), plan.number, top, side == 0, options));
    }
    routes.join(sides.get(0).session(), sides.get(1).session());
  }

  private MuxConnection mux(int side) {
    Connection end = wire.end(side);
    if (end instanceof MuxConnection mux) {
      return mux;
    }
    Options options = plan.options.get(side);
    if (end instanceof BodyConnection bodies) {
      BodyMux mux = new BodyMux(bodies, side == 0, options, world);
      muxes.add(mux);
      return mux;
    }
    return new YamuxConnection(
        (ByteConnection) end,
        side == 0,
        options.limits(),
        options.keepAliveInterval(),
        options.keepAliveTimeout(),
        world);
  }

  void start() {
    if (plan.shape.nanosPerByte() > 0) {
      world.hit(Hit.SLOW_LINK);
    }
    planFault();
    planEnding();
    sides.get(1).start();
    sides.get(0).start();
  }

  /** Its sides; the connecting one is the first. */
  List<Side> sides() {
    return sides;
  }

  // ---- faults ----

  private long someTime() {
    return world.between(0, world.chance(20) ? 20 * World.MILLISECOND : safety);
  }

  private void planFault() {
    switch (plan.fault) {
      case NONE -> {}
      case STALLS -> {
        for (int count = 1 + world.below(3); count > 0; count--) {
          world.after(someTime(), this::stall);
        }
      }
      case CUT_AT_TIME -> world.after(someTime(), () -> wire.cut(cut()));
      case CUT_AT_BYTE -> {
        long bytes = world.below(world.chance(40) ? 1_000 : 300_000);
        ((SimPipe) wire).cutAfter(bytes, cut());
      }
      case SILENCE -> world.after(someTime(), this::silence);
      case BODY_CUTS -> {
        for (int count = 1 + world.below(4); count > 0; count--) {
          world.after(someTime(), this::cutBodies);
        }
      }
    }
  }

  private void cutBodies() {
    SimBodies bodies = (SimBodies) wire;
    if (isAnyClosed() || bodies.isOver()) {
      return;
    }
    world.note("cutBodies", plan.number, 0, 0);
    if (world.chance(30)) {
      bodies.cutAll(cut());
    } else {
      bodies.cutSome(world.chance(50) ? 10 : 60, cut());
    }
  }

  private Wire.Cut cut() {
    return new Wire.Cut(world.chance(50), world.below(4));
  }

  private void stall() {
    world.hit(Hit.STALL);
    int which = 1 + world.below(3);
    world.note("stall", plan.number, which, 0);
    stall(which);
    world.after(world.between(0, 3 * World.SECOND), wire::resume);
  }

  private void stall(int which) {
    for (int side = 0; side < 2; side++) {
      if ((which & (1 << side)) != 0) {
        wire.stall(side);
      }
    }
  }

  private void silence() {
    world.hit(Hit.SILENCE);
    int which = 1 + world.below(3);
    world.note("silence", plan.number, which, 0);
    stall(which);
  }

  private void planEnding() {
    int which = world.below(2);
    Side side = sides.get(which);
    Side other = sides.get(1 - which);
    switch (plan.ending) {
      case IDLE -> {}
      case CLOSE -> world.after(someTime(), side::close);
      case CLOSE_BOTH -> {
        long when = someTime();
        world.after(when, side::close);
        world.after(when + world.between(0, 50 * World.MILLISECOND), other::close);
      }
      case ABORT -> world.after(someTime(), side::abort);
      case DRAIN -> {
        long timeout = world.between(0, 5 * World.SECOND);
        world.after(someTime(), () -> side.drain(timeout));
      }
    }
  }

  /** Faults are over. */
  void calm() {
    if (plan.fault != LinkPlan.Fault.SILENCE) {
      wire.resume();
    }
    wire.hurry();
  }

  // ---- the end ----

  boolean isAnyClosed() {
    return sides.get(0).isClosed() || sides.get(1).isClosed();
  }

  /** Whether the session lasts, or is over on both sides. */
  boolean isDone() {
    boolean lost = plan.fault == LinkPlan.Fault.SILENCE || wire.isOver() || isAnyClosed();
    for (Side side : sides) {
      if (!side.isSettled() || (lost && !side.isClosed())) {
        return false;
      }
    }
    return true;
  }

  boolean isAllClosed() {
    return sides.get(0).isClosed() && sides.get(1).isClosed();
  }

  /** Whether both sides are connected, nobody is about to end that, and nothing is held back. */
  boolean isWhole() {
    boolean started = sides.get(0).isStarted() && sides.get(1).isStarted() && lasts();
    boolean faultless =
        plan.fault != LinkPlan.Fault.SILENCE && plan.fault != LinkPlan.Fault.BODY_CUTS;
    return started && !wire.isOver() && !isAnyClosed() && faultless;
  }

  /** Whether nobody was to close it. */
  boolean lasts() {
    return plan.ending == LinkPlan.Ending.IDLE;
  }

  boolean isEmpty() {
    return sides.get(0).isEmpty() && sides.get(1).isEmpty();
  }

  void checkEmpty() {
    if (!isEmpty()) {
      world.violate("tables are not empty: " + described());
    }
  }

  String described() {
    String text = "";
    for (Side side : sides) {
      text += side + side.session().table() + "; ";
    }
    for (MuxConnection mux : muxes) {
      text += mux + "; ";
    }
    return text;
  }

  void checkCredit() {
    watched.forEach(Watched::checkCredit);
    for (Side side : sides) {
      if (side.isStarted() && !side.session().hasAllPlaces()) {
        world.violate(side + ": places for streams are taken, and there are none");
      }
    }
  }

  void close() {
    sides.get(world.below(2)).close();
  }

  void checkClosedInOrder() {
    if (plan.fault == LinkPlan.Fault.BODY_CUTS) {
      world.hit(Hit.LIVED_ON);
    }
    for (Side side : sides) {
      Reason reason = side.closedBy();
      if (reason == null || reason.code() != ReasonCode.SESSION_CLOSED) {
        world.violate(side + ": it was closed in good order, but saw " + reason);
      }
    }
  }
}
