package io.libchan.core.sim;

import io.libchan.Reason;

/** A reason that one side of a channel gave, and the name of the node where it did. */
record Said(Reason reason, String node) {
  /** Whether another reason has the same number. */
  boolean matches(Reason seen) {
    return seen.number() == reason.number();
  }

  /** Whether it is the one that was given, unchanged on its way. */
  boolean isWhole(Reason seen, String here) {
    boolean origin = seen.origin().equals(node) || (seen.origin().isEmpty() && node.equals(here));
    return origin && seen.message().equals(reason.message());
  }
}
