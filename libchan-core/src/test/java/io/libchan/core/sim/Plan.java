package io.libchan.core.sim;

import java.util.ArrayList;
import java.util.List;

/** What one run is like; all of it follows from the seed. */
final class Plan {
  final List<LinkPlan> links = new ArrayList<>();
  final int nodes;
  final long safety;
  final int lines;
  final int bytes;
  final int opens;
  final int moves;
  final int roads;

  private final boolean overBodies;

  Plan(World world, Ledger ledger, boolean overBodies) {
    this.overBodies = overBodies;
    int size = world.below(100);
    nodes = size < 45 ? 2 : size < 80 ? 3 : 4;
    safety = world.between(20 * World.MILLISECOND, 2 * World.SECOND);
    lines = 2 + world.below(30);
    opens = nodes - 1 + world.below(4);
    bytes = world.below(world.chance(20) ? 2_000_000 : 200_000);
    moves = world.chance(25) ? 0 : 1 + world.below(60);
    roads = moves == 0 ? 0 : nodes + world.below(3);
    boolean limitsAreTight = world.chance(35);
    int victim = world.below(nodes - 1);
    for (int node = 1; node < nodes; node++) {
      boolean healthy = node - 1 != victim && world.chance(80);
      link(world, ledger, node - 1, node, healthy, limitsAreTight);
    }
    if (world.chance(nodes == 2 ? 10 : 30)) {
      link(world, ledger, nodes - 1, 0, world.chance(80), limitsAreTight);
    }
  }

  private void link(
      World world, Ledger ledger, int one, int other, boolean healthy, boolean tightLimits) {
    boolean turned = world.chance(50);
    ledger.mesh().join(Node.name(one), Node.name(other));
    links.add(
        new LinkPlan(
            world,
            ledger,
            links.size(),
            turned ? other : one,
            turned ? one : other,
            overBodies,
            healthy,
            tightLimits));
  }

  /** How long all of it may take to come to an end once nothing is in its way. */
  long bound() {
    return links.stream().allMatch(LinkPlan::isCalm) ? 10 * World.SECOND : longest();
  }

  /** How long timers may go on that nobody waits for. */
  long longest() {
    long longest = 0;
    for (LinkPlan link : links) {
      longest = Math.max(longest, link.bound());
    }
    return longest + 10 * World.SECOND;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(nodes).append(" nodes, lines ").append(lines).append(", bytes ").append(bytes);
    text.append(", moves ")
        .append(moves)
        .append(", safety ")
        .append(safety / 1_000_000)
        .append(" ms");
    links.forEach(link -> text.append("\n  ").append(link));
    return text.toString();
  }
}
