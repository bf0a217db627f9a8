package io.libchan.core.sim;

import io.libchan.spi.Connection;

/** A simulated connection between two nodes, and what can go wrong with it. */
interface Wire {
  /** One of the two ends. */
  Connection end(int side);

  /** Nothing arrives in this direction until {@link #resume}; what is sent waits. */
  void stall(int from);

  /** Ends all stalls. */
  void resume();

  /** The connection ends, for both sides. */
  void cut(Cut how);

  /** Delays become short. */
  void hurry();

  /** Whether the connection was cut or closed. */
  boolean isOver();

  /**
   * A way to lose a connection.
   *
   * @param reset whether the sides see an error, not an end
   * @param dropping the directions, as bits, whose bytes under way are lost
   */
  record Cut(boolean reset, int dropping) {
    boolean drops(int from) {
      return (dropping & (1 << from)) != 0;
    }
  }
}
