package io.libchan.core.sim;

import io.libchan.ReasonCode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What happened on all channels, kept outside the engine, and what can explain a failure. */
final class Ledger {
  private static final int EVERYWHERE = -1;

  private final World world;
  private final Mesh mesh;
  private final List<Freight> all = new ArrayList<>();
  private final Map<ReasonCode, Integer> possible = new EnumMap<>(ReasonCode.class); // on links

  Ledger(World world, Mesh mesh) {
    this.world = world;
    this.mesh = mesh;
  }

  Mesh mesh() {
    return mesh;
  }

  Line line(int capacity, int depth) {
    Line line = new Line(this, all.size(), capacity, depth);
    all.add(line);
    return line;
  }

  ByteLine byteLine() {
    ByteLine line = new ByteLine(this, all.size());
    all.add(line);
    return line;
  }

  Freight freight(int id) {
    return all.get(id);
  }

  List<Freight> all() {
    return all;
  }

  /** From now on all sessions, channels and byte streams may fail with this code. */
  void allow(ReasonCode code) {
    possible.put(code, EVERYWHERE);
  }

  /** From now on this session may, and what passed it. */
  void allow(ReasonCode code, int link) {
    possible.merge(code, 1 << link, (old, now) -> old | now);
  }

  /** Whether one of these links, as bits, is a reason to fail with this code. */
  boolean isAllowed(ReasonCode code, int links) {
    int on = possible.getOrDefault(code, 0);
    return on == EVERYWHERE || (on & links) != 0;
  }

  void note(String what, long a, long b, long c) {
    world.note(what, a, b, c);
  }

  void violate(Object line, String what) {
    world.violate(line + ": " + what);
  }
}
