package io.libchan.core.sim;

import io.libchan.Reason;
import java.util.ArrayList;
import java.util.List;

/** One process: its sides of sessions, and everybody who uses ends there. */
final class Node {
  private final int number;
  private final World world;
  private final Ledger ledger;
  private final Workload workload;
  private final List<Side> sides = new ArrayList<>();
  private final List<Actor> actors = new ArrayList<>();
  private final int paceMicros;

  Node(int number, World world, Ledger ledger, Workload workload) {
    this.number = number;
    this.world = world;
    this.ledger = ledger;
    this.workload = workload;
    paceMicros = world.chance(50) ? 50 : 5_000;
  }

  static String name(int number) {
    return "node" + number;
  }

  int number() {
    return number;
  }

  String name() {
    return name(number);
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

  /** How long somebody here takes between two things. */
  long pace() {
    return world.between(0, (world.isFinishing() ? 50 : paceMicros) * World.MICROSECOND);
  }

  void add(Side side) {
    sides.add(side);
  }

  List<Side> sides() {
    return sides;
  }

  void add(Actor actor) {
    actors.add(actor);
  }

  List<Actor> actors() {
    return actors;
  }

  void sawFailure(Reason reason) {
    switch (reason.code()) {
      case LIMIT -> world.hit(Hit.LIMIT);
      case CONNECTION_LOST -> {
        world.hit(Hit.CONNECTION_LOST);
        if (!reason.hops().isEmpty()) {
          world.hit(Hit.LOST_LEG);
        }
      }
      case KEEPALIVE_TIMEOUT -> world.hit(Hit.KEEPALIVE_TIMEOUT);
      case SESSION_CLOSED -> world.hit(Hit.CLOSED);
      case DRAINING -> world.hit(Hit.DRAINED);
      case UNCLAIMED -> world.hit(Hit.LOST_END);
      default -> {}
    }
    if (reason.hops().size() > 1) {
      world.hit(Hit.REASON_OVER_HOPS);
    }
  }
}
