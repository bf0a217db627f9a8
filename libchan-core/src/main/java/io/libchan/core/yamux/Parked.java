package io.libchan.core.yamux;

import io.libchan.BodyOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The idle bodies, as the listening side sees them: on these it opens its streams, so it decides
 * how many there should be. Rules BOD-6, BOD-7.
 *
 * <p>Guarded by the mux's lock.
 */
final class Parked {
  private final BodyOptions options;
  private final ArrayDeque<Body> idle = new ArrayDeque<>();
  private int wanted;
  private int number; // of the last change, for the peer: PARK may be overtaken
  private int fewest; // idle since the last look
  private boolean asked; // for more, and none came since

  Parked(BodyOptions options) {
    this.options = options;
    wanted = options.minParked();
  }

  /** An idle body came; false if there are as many as may be. */
  boolean add(Body body) {
    if (idle.size() >= options.maxParked()) {
      want(Math.min(wanted, options.maxParked())); // said with the release
      return false;
    }
    idle.add(body);
    asked = false;
    return true;
  }

  void remove(Body body) {
    idle.remove(body);
    fewest = Math.min(fewest, idle.size());
  }

  /** The one that has been idle for longest: its connection may want to go. */
  @Nullable Body take() {
    Body body = idle.poll();
    fewest = Math.min(fewest, idle.size());
    return body;
  }

  /** Streams wait for a body; whether the peer is to be asked for more. */
  boolean isShort(int waiting) {
    int more = Math.min(options.maxParked(), Math.max(2 * wanted, waiting));
    if (asked || more <= wanted) {
      return false;
    }
    asked = true;
    return want(more);
  }

  /**
   * Some time has passed, a heartbeat.
   *
   * @return those that are not needed any more; the peer is to be told if there are any
   */
  List<Body> look() {
    int spare = fewest;
    fewest = idle.size();
    int less = Math.max(options.minParked(), wanted / 2);
    if (less >= wanted || spare <= less) {
      return List.of();
    }
    want(less);
    List<Body> released = new ArrayList<>();
    while (idle.size() > less) {
      released.add(idle.remove());
    }
    fewest = idle.size();
    return released;
  }

  private boolean want(int count) {
    wanted = count;
    number++;
    return true;
  }

  int wanted() {
    return wanted;
  }

  int number() {
    return number;
  }

  int size() {
    return idle.size();
  }
}
