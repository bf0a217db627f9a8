package io.libchan.core;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a sending port of capacity 0 keeps beside its counts: the message that it asked back, those
 * that came back, and the attachments of each until it is settled. Rule CH-15.
 *
 * <p>Guarded by the port's lock.
 */
final class Rendezvous {
  private final Set<Long> back = new HashSet<>(0); // came back, and nobody asked since
  private final Map<Long, Moves> held = new HashMap<>(0);
  private long asked; // the message asked back; 0 for none

  /** Keeps the attachments of a message until it is known whether it was received. */
  void hold(long number, Moves moves) {
    held.put(number, moves);
  }

  /** The attachments of a message that is settled now; null if there are none. */
  @Nullable Moves settle(long number) {
    return held.remove(number);
  }

  /** Whether the peer is still to be asked for the message. */
  boolean ask(long number) {
    boolean first = asked != number;
    asked = number;
    return first;
  }

  /** The peer gave the message back; false if it was not asked to. */
  boolean cameBack(long number) {
    if (number != asked) {
      return false;
    }
    back.add(number);
    return true;
  }

  /** Whether the message came back. */
  boolean isBack(long number) {
    return back.contains(number);
  }

  /** As {@link #isBack}, once. */
  boolean takeBack(long number) {
    return back.remove(number);
  }
}
