package io.libchan.core.sim;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What happened on all channels, kept outside the engine, and what can explain a failure. */
final class Ledger {
  private final World world;
  private final List<Object> lines = new ArrayList<>();
  private final Set<ReasonCode> possible = EnumSet.noneOf(ReasonCode.class);

  Ledger(World world) {
    this.world = world;
  }

  Line line(int capacity, int depth, Line.@Nullable Carrier carrier) {
    Line line = new Line(this, lines.size(), capacity, depth, carrier);
    lines.add(line);
    return line;
  }

  ByteLine byteLine(Line.Carrier carrier) {
    ByteLine line = new ByteLine(this, lines.size(), carrier);
    lines.add(line);
    return line;
  }

  Line line(int id) {
    return (Line) lines.get(id);
  }

  ByteLine byteLine(int id) {
    return (ByteLine) lines.get(id);
  }

  /** From now on sessions, channels and byte streams may fail with this code. */
  void allow(ReasonCode code) {
    possible.add(code);
  }

  boolean isAllowed(ReasonCode code) {
    return possible.contains(code);
  }

  /** Whether something that happened explains that a channel failed so. */
  boolean isPossible(Reason reason, Line line) {
    return possible.contains(reason.code())
        || line.saidBySide(reason)
        || (line.carrier != null && isPossible(reason, line.carrier));
  }

  /** The same for what a letter carries: until it arrives, it can share its channel's fate. */
  boolean isPossible(Reason reason, Line.Carrier carrier) {
    if (possible.contains(reason.code())) {
      return true;
    }
    return !carrier.arrived
        && (reason.code() == ReasonCode.UNCLAIMED || isPossible(reason, carrier.line));
  }

  void note(String what, long a, long b, long c) {
    world.note(what, a, b, c);
  }

  void violate(Object line, String what) {
    world.violate(line + ": " + what);
  }
}
