package io.libchan.spi;

/** The context of each thread. Thread-safe. */
final class BoundContext {
  private static final ThreadLocal<StreamContext> BOUND = new ThreadLocal<>();

  private BoundContext() {}

  static StreamContext get() {
    StreamContext bound = BOUND.get();
    return bound == null ? StreamContext.NONE : bound;
  }

  static StreamContext swap(StreamContext next) {
    StreamContext before = get();
    if (next == StreamContext.NONE) {
      BOUND.remove(); // threads of a pool are to keep nothing
    } else {
      BOUND.set(next);
    }
    return before;
  }
}
