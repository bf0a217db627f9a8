package io.libchan.core.yamux;

import org.jspecify.annotations.Nullable;

/** A stream that has a body to itself, once there is one for it. Thread-safe. */
final class BodyStream extends YamuxStream {
  private final BodyMux mux;

  /** Whether this side opened it. */
  final boolean ours;

  /** Whether it is a leg of the control stream. */
  final boolean control;

  private volatile @Nullable Body body;

  // Guarded by the mux's lock.
  int attempts; // bodies that ended before anything of it left
  boolean done; // both directions are over, in the words of the wire
  boolean counted; // takes a place under this side's limit

  BodyStream(BodyMux mux, byte @Nullable [] preamble, boolean ours, boolean control) {
    super(mux, preamble);
    this.mux = mux;
    this.ours = ours;
    this.control = control;
  }

  @Nullable Body body() {
    return body;
  }

  void ride(@Nullable Body newBody) {
    body = newBody;
  }

  /**
   * The stream is over on the wire. Its opener is told only when its body has ended: the peer knows
   * it then too, and its place under the peer's limit is free. Rule BOD-13.
   */
  @Override
  void tellOver() {
    Body carrying = body;
    if (carrying != null) {
      carrying.close();
    }
    if (!control && !mux.isLost() && (!ours || carrying == null || carrying.isClosed())) {
      super.tellOver();
    }
  }
}
