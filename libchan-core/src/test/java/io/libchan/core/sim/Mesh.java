package io.libchan.core.sim;

import io.libchan.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who has a session with whom, by name. */
final class Mesh {
  private final Map<String, Set<String>> neighbours = new HashMap<>();

  void join(String one, String other) {
    neighbours.computeIfAbsent(one, name -> new HashSet<>()).add(other);
    neighbours.computeIfAbsent(other, name -> new HashSet<>()).add(one);
  }

  /** What is impossible about where a reason says it came from; null if nothing is. */
  @Nullable String wrong(Reason reason, Node here) {
    if (reason.isEnd()) {
      return null;
    }
    if (reason.origin().isEmpty()) {
      return reason.hops().isEmpty() ? null : "hops and no origin";
    }
    List<String> way = new ArrayList<>(reason.hops());
    way.add(0, reason.origin());
    if (reason.hops().size() < Reason.MAX_HOPS) {
      way.add(here.name()); // else what came after is not told
    }
    for (int i = 1; i < way.size(); i++) {
      if (!isNext(way.get(i - 1), way.get(i))) {
        return "no session between " + way.get(i - 1) + " and " + way.get(i);
      }
    }
    return null;
  }

  private boolean isNext(String one, String other) {
    return one.equals(other) || neighbours.getOrDefault(one, Set.of()).contains(other);
  }
}
