package io.libchan.core.sim;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.core.yamux.YamuxConnection;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Connection;
import io.libchan.spi.MuxConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run: two nodes, one connection, a random workload. First a safety phase with faults, in which
 * nothing false may be seen; then a liveness phase without new ones, in which everything comes to
 * an end; then nothing may be left.
 */
final class Simulation {
  private final World world;
  private final Ledger ledger;
  private final Plan plan;
  private final Workload workload;
  private final Wire wire;
  private final List<Watched> watched = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();

  /** What a run was like. */
  record Result(
      @Nullable String violation, long hash, Map<Hit, Long> hits, String plan, List<String> trace) {
    boolean isRed() {
      return violation != null;
    }
  }

  private Simulation(long seed, boolean tracing, Defect defect) {
    world = new World(seed, tracing);
    ledger = new Ledger(world);
    plan = new Plan(world, ledger);
    workload = new Workload(world, ledger, plan.lines, plan.bytes);
    wire = plan.pipe ? new SimPipe(world, plan.shape) : new SimMux(world, plan.shape);
    for (int side = 0; side < 2; side++) {
      Watched mux = new Watched(world, defect.plant(world, mux(side)));
      watched.add(mux);
      nodes.add(new Node(side, world, ledger, workload, mux, plan.options.get(side)));
    }
  }

  static Result run(long seed, boolean tracing) {
    return run(seed, tracing, Defect.NONE);
  }

  static Result run(long seed, boolean tracing, Defect defect) {
    Simulation simulation = new Simulation(seed, tracing, defect);
    World world = simulation.world;
    try {
      simulation.run();
    } catch (RuntimeException | AssertionError e) {
      world.violate("thrown: " + e + " " + List.of(e.getStackTrace()).subList(0, 6));
    }
    return new Result(
        world.violation(), world.hash(), world.hits(), simulation.plan.toString(), world.trace());
  }

  private MuxConnection mux(int side) {
    Connection end = wire.end(side);
    if (end instanceof MuxConnection mux) {
      return mux;
    }
    return new YamuxConnection(
        (ByteConnection) end,
        side == 0,
        plan.options.get(side).limits(),
        plan.options.get(side).keepAliveInterval(),
        plan.options.get(side).keepAliveTimeout(),
        world);
  }

  private void run() {
    if (plan.shape.nanosPerByte() > 0) {
      world.hit(Hit.SLOW_LINK);
    }
    planFault();
    planEnding();
    nodes.get(1).start();
    nodes.get(0).start();
    for (int i = 0; i < plan.opens; i++) {
      int side = world.below(2);
      workload.openLater(nodes.get(side), nodes.get(1 - side));
    }
    world.run(plan.safety, () -> false);
    live();
    if (world.violation() == null && !isAnyClosed()) {
      idle();
    }
    if (world.violation() == null) {
      rest();
    }
  }

  // ---- faults ----

  private long someTime() {
    return world.between(0, world.chance(20) ? 20 * World.MILLISECOND : plan.safety);
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
    }
  }

  private Wire.Cut cut() {
    return new Wire.Cut(world.chance(50), world.below(4));
  }

  private void stall() {
    world.hit(Hit.STALL);
    int which = 1 + world.below(3);
    world.note("stall", which, 0, 0);
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
    world.note("silence", which, 0, 0);
    stall(which);
  }

  private void planEnding() {
    Node node = nodes.get(world.below(2));
    Node other = nodes.get(1 - node.number());
    switch (plan.ending) {
      case IDLE -> {}
      case CLOSE -> world.after(someTime(), node::close);
      case CLOSE_BOTH -> {
        long when = someTime();
        world.after(when, node::close);
        world.after(when + world.between(0, 50 * World.MILLISECOND), other::close);
      }
      case ABORT -> world.after(someTime(), () -> abort(node));
      case DRAIN -> world.after(someTime(), () -> drain(node));
    }
  }

  private void drain(Node node) {
    if (node.isStarted()) {
      node.drain(world.between(0, 5 * World.SECOND));
    } else if (!node.isSettled()) {
      world.after(10 * World.MILLISECOND, () -> drain(node));
    }
  }

  private void abort(Node node) {
    world.hit(Hit.ABORTED);
    ledger.allow(ReasonCode.FAILED);
    ledger.allow(ReasonCode.CONNECTION_LOST);
    node.session().abort(Reason.of(ReasonCode.FAILED, "the simulator gives up"));
  }

  // ---- phases ----

  /** Faults are over: everything that was begun ends in bounded time. */
  private void live() {
    if (plan.fault != Plan.Fault.SILENCE) {
      wire.resume();
    }
    wire.hurry();
    world.finish();
    long deadline = world.time() + plan.bound();
    while (world.violation() == null && !isAllDone() && world.time() < deadline) {
      long next = Math.min(deadline, world.time() + 500 * World.MILLISECOND);
      world.run(next, this::isAllDone);
      workload.endWhatIsLost();
    }
    if (world.violation() == null && !isAllDone()) {
      world.violate("still going on: " + pending());
    }
  }

  private boolean isAllDone() {
    boolean lost = plan.fault == Plan.Fault.SILENCE || wire.isOver() || isAnyClosed();
    for (Node node : nodes) {
      if (!node.isSettled() || (lost && !node.isClosed())) {
        return false;
      }
      for (Actor actor : node.actors()) {
        if (!actor.isDone()) {
          return false;
        }
      }
    }
    return workload.isQuiet();
  }

  private String pending() {
    return nodes.stream()
            .flatMap(node -> node.actors().stream())
            .filter(actor -> !actor.isDone())
            .limit(5)
            .map(Actor::toString)
            .collect(Collectors.joining("; "))
        + (workload.isQuiet() ? "" : "; channels nobody accepts")
        + "; "
        + nodes;
  }

  private boolean isAnyClosed() {
    return nodes.stream().anyMatch(Node::isClosed);
  }

  /** The session lives and nothing is open: its tables are empty, and its credit is whole. */
  private void idle() {
    world.hit(Hit.IDLE_CHECK);
    world.run(world.time() + plan.bound(), () -> nodes.stream().allMatch(this::isEmpty));
    checkEmpty();
    watched.forEach(Watched::checkCredit);
    if (world.violation() == null && plan.ending == Plan.Ending.IDLE) {
      workload.openBulk(nodes.get(0), nodes.get(1));
      workload.openBulk(nodes.get(1), nodes.get(0));
      world.run(world.time() + plan.bound(), this::isAllDone);
      if (!isAllDone()) {
        world.violate("1 MiB each way does not get through: " + pending());
      }
    }
    nodes.get(world.below(2)).close();
    world.run(world.time() + plan.bound(), () -> nodes.stream().allMatch(Node::isClosed));
    for (Node node : nodes) {
      Reason reason = node.closedBy();
      if (reason == null || reason.code() != ReasonCode.SESSION_CLOSED) {
        world.violate("node " + node.number() + " was closed in good order, but saw " + reason);
      }
    }
  }

  private boolean isEmpty(Node node) {
    return node.session().streams() == 0
        && node.session().references() == 0
        && node.session().waiting() == 0
        && node.session().unreadBytes() == 0;
  }

  private void checkEmpty() {
    for (Node node : nodes) {
      if (!isEmpty(node)) {
        world.violate("tables are not empty: " + node);
      }
    }
  }

  /** The session is over: no timer goes on, no table holds anything. */
  private void rest() {
    workload.endWhatIsLost();
    world.run(world.time() + 2 * plan.bound(), world::isStill);
    if (!world.isStill()) {
      world.violate(world.timers() + " timers go on after the end");
    }
    for (Node node : nodes) {
      if (!node.isClosed()) {
        world.violate("node " + node.number() + " never learnt that the session is over");
      }
    }
    checkEmpty();
  }
}
