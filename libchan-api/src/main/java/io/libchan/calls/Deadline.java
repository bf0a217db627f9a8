package io.libchan.calls;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A moment until which something must be done. Thread-safe: immutable.
 *
 * @param nanoTime by {@link System#nanoTime}
 */
record Deadline(long nanoTime) {
  // Past 100 years a nanosecond clock overflows.
  private static final Duration FAR = Duration.ofDays(36_500);

  /** The moment after so long; null if that is too far off to matter. */
  static @Nullable Deadline after(Duration time) {
    return time.compareTo(FAR) > 0
        ? null
        : new Deadline(System.nanoTime() + Math.max(0, time.isNegative() ? 0 : time.toNanos()));
  }

  /** The earlier one of two that may be missing. */
  static @Nullable Deadline earlier(@Nullable Deadline one, @Nullable Deadline two) {
    if (one == null || two == null) {
      return one == null ? two : one;
    }
    return one.nanoTime - two.nanoTime <= 0 ? one : two;
  }

  /** Zero once it has passed. */
  Duration left() {
    return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
  }

  boolean isPassed() {
    return nanoTime - System.nanoTime() <= 0;
  }

  static Reason passed() {
    return Reason.of(ReasonCode.DEADLINE, "the deadline of the call passed");
  }
}
