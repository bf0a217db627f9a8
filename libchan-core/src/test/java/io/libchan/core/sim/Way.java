package io.libchan.core.sim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The links between two places, by number. A link that is passed and at once passed back cancels
 * out: that is what is left of a channel's streams when its loops are cut.
 */
record Way(List<Integer> links) {
  static final Way NOWHERE = new Way(List.of());

  static Way over(int link) {
    return new Way(List.of(link));
  }

  /** This way, and then another one. */
  Way then(Way more) {
    List<Integer> all = new ArrayList<>(links);
    for (Integer link : more.links) {
      if (!all.isEmpty() && all.get(all.size() - 1).equals(link)) {
        all.remove(all.size() - 1);
      } else {
        all.add(link);
      }
    }
    return new Way(List.copyOf(all));
  }

  Way back() {
    List<Integer> all = new ArrayList<>(links);
    Collections.reverse(all);
    return new Way(List.copyOf(all));
  }

  int length() {
    return links.size();
  }
}
