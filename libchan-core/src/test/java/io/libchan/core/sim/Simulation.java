package io.libchan.core.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run: two to four nodes, sessions between them, a random workload whose ends travel from node
 * to node. First a safety phase with faults, in which nothing false may be seen; then ends stay
 * where they are, and a channel has no more streams than it needs; then everything comes to an end
 * in bounded time; then nothing may be left.
 */
final class Simulation {
  private static final long REST = 4 * World.SECOND;

  private final World world;
  private final Plan plan;
  private final Ledger ledger;
  private final Routes routes;
  private final Workload workload;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Link> links = new ArrayList<>();

  /** What a run was like. */
  record Result(
      @Nullable String violation, long hash, Map<Hit, Long> hits, String plan, List<String> trace) {
    boolean isRed() {
      return violation != null;
    }
  }

  private Simulation(long seed, boolean tracing, Defect defect, boolean overBodies) {
    world = new World(seed, tracing);
    ledger = new Ledger(world, new Mesh());
    plan = new Plan(world, ledger, overBodies);
    routes = new Routes();
    workload = new Workload(world, ledger, plan, routes);
    for (int number = 0; number < plan.nodes; number++) {
      nodes.add(new Node(number, world, ledger, workload));
    }
    for (LinkPlan each : plan.links) {
      links.add(new Link(world, each, plan.safety, nodes, routes, defect));
    }
  }

  static Result run(long seed, boolean tracing) {
    return run(seed, tracing, Defect.NONE);
  }

  /** A run in which most sessions are over bodies. */
  static Result runOverBodies(long seed, boolean tracing) {
    return run(seed, tracing, Defect.NONE, true);
  }

  static Result run(long seed, boolean tracing, Defect defect) {
    return run(seed, tracing, defect, false);
  }

  private static Result run(long seed, boolean tracing, Defect defect, boolean overBodies) {
    Simulation simulation = new Simulation(seed, tracing, defect, overBodies);
    World world = simulation.world;
    try {
      simulation.run();
    } catch (RuntimeException | AssertionError | StackOverflowError e) {
      List<StackTraceElement> where = List.of(e.getStackTrace());
      world.violate("thrown: " + e + " " + where.subList(0, Math.min(12, where.size())));
    }
    return new Result(
        world.violation(), world.hash(), world.hits(), simulation.plan.toString(), world.trace());
  }

  private void run() {
    links.forEach(Link::start);
    for (int i = 0; i < plan.opens + plan.roads; i++) {
      List<Side> sides = links.get(i < links.size() ? i : world.below(links.size())).sides();
      int from = world.below(2);
      if (i < plan.opens) {
        workload.openLater(sides.get(from), sides.get(1 - from));
      } else {
        workload.openRoad(sides.get(from), sides.get(1 - from));
      }
    }
    world.run(plan.safety, () -> false);
    links.forEach(Link::calm);
    settle();
    live();
    if (world.violation() == null) {
      idle();
    }
    if (world.violation() == null) {
      rest();
    }
  }

  // ---- phases ----

  /** Ends stay where they are: loops are cut when what was under way has drained. */
  private void settle() {
    world.settle();
    if (!workload.hasMoves()) {
      return;
    }
    world.run(world.time() + REST, () -> false);
    if (world.violation() == null) {
      checkDistances();
    }
  }

  private void checkDistances() {
    int lost = 0;
    for (int link = 0; link < links.size(); link++) {
      lost |= links.get(link).isWhole() ? 0 : 1 << link;
    }
    for (Freight freight : ledger.all()) {
      if (freight instanceof Line line && line.isAtRest() && (line.links() & lost) == 0) {
        checkDistance(line);
      }
      if (freight instanceof ByteLine line && line.isAtRest() && (line.links() & lost) == 0) {
        checkDistance(line);
      }
    }
  }

  private void checkDistance(ByteLine line) {
    int needed = line.distance();
    int one = routes.streamsBetween(line.end(0));
    int other = routes.streamsBetween(line.end(1));
    if (needed != one || needed != other) {
      ledger.violate(line, "it needs " + needed + " streams, and has " + one + " or " + other);
    }
    if (line.hasMoved()) {
      world.hit(needed == 0 ? Hit.BYTES_HOME_AGAIN : Hit.BYTES_REST_ELSEWHERE);
    }
  }

  private void checkDistance(Line line) {
    int needed = line.distance();
    int before = routes.streamsBefore(line.receiver());
    int behind = routes.streamsBehind(line.sender());
    if (needed != before || needed != behind) {
      String seen = before + " before its receiver, " + behind + " behind its sender";
      ledger.violate(line, "it needs " + needed + " streams, and has " + seen);
    }
    if (line.hasMoved()) {
      world.hit(needed == 0 ? Hit.HOME_AGAIN : Hit.REST_ELSEWHERE);
    }
  }

  /** Everything that was begun ends in bounded time. */
  private void live() {
    world.finish();
    long deadline = world.time() + plan.bound();
    while (world.violation() == null && !isAllDone() && world.time() < deadline) {
      long next = Math.min(deadline, world.time() + 500 * World.MILLISECOND);
      world.run(next, this::isAllDone);
      workload.custody().endWhatIsLost();
    }
    if (world.violation() == null && !isAllDone()) {
      world.violate("still going on: " + pending());
    }
  }

  private boolean isAllDone() {
    for (Link link : links) {
      if (!link.isDone()) {
        return false;
      }
    }
    for (Node node : nodes) {
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
        + links.stream().map(Link::described).collect(Collectors.joining());
  }

  /** Sessions that live, and nothing is open: tables are empty, and credit is whole. */
  private void idle() {
    List<Link> alive = links.stream().filter(link -> !link.isAnyClosed()).toList();
    if (alive.isEmpty()) {
      return;
    }
    world.hit(Hit.IDLE_CHECK);
    world.run(world.time() + plan.bound(), () -> alive.stream().allMatch(Link::isEmpty));
    alive.forEach(Link::checkEmpty);
    alive.forEach(Link::checkCredit);
    List<Link> lasting = alive.stream().filter(Link::lasts).toList();
    if (world.violation() == null && !lasting.isEmpty()) {
      for (Link link : lasting) {
        workload.openBulk(link.sides().get(0), link.sides().get(1));
        workload.openBulk(link.sides().get(1), link.sides().get(0));
      }
      world.run(world.time() + plan.bound(), this::isAllDone);
      if (!isAllDone()) {
        world.violate("1 MiB each way does not get through: " + pending());
      }
    }
    alive.forEach(Link::close);
    world.run(world.time() + plan.bound(), () -> links.stream().allMatch(Link::isAllClosed));
    alive.forEach(Link::checkClosedInOrder);
  }

  /** The sessions are over: no timer goes on, no table holds anything. */
  private void rest() {
    workload.custody().endWhatIsLost();
    world.run(world.time() + 2 * plan.longest(), world::isStill);
    if (!world.isStill()) {
      world.violate(world.timers() + " timers go on after the end");
    }
    for (Link link : links) {
      if (!link.isAllClosed()) {
        world.violate("a side never learnt that the session is over: " + link.sides());
      }
    }
    links.forEach(Link::checkEmpty);
  }
}
