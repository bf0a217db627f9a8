package io.libchan.spi;

import java.util.concurrent.atomic.AtomicReference;

/** Who owns an end that an application holds. */
enum EndState {
  OPEN,
  MOVING,
  MOVED,
  CLOSED;

  /** Refuses use by anybody but the owner. */
  void check() {
    if (this != OPEN) {
      throw new IllegalStateException(
          this == CLOSED ? "this end is closed" : "this end was sent away");
    }
  }

  /** Takes ownership in two steps. */
  record Owner(AtomicReference<EndState> state) {
    void begin() {
      if (!state.compareAndSet(OPEN, MOVING)) {
        state.get().check();
        throw new IllegalStateException("this end is being sent away");
      }
    }

    void undo() {
      state.set(OPEN);
    }

    void commit() {
      state.set(MOVED);
    }
  }
}
