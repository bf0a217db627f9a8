package io.libchan;

import java.util.Locale;

/**
 * What happens to an end of a channel or byte stream that came from a peer or leads to one, and
 * that the application has lost: it is neither closed, nor sent away, nor at its end, and the
 * garbage collector found that nobody holds it. A safety net: it acts late, or never.
 *
 * <p>The switch is one for the process. At first it is what the system property {@code
 * libchan.lostEnds} says: {@code off}, {@code close} or {@code report}; {@link #OFF} without it, so
 * that the collector decides nothing unasked. Ends keep what was in force when they were made.
 *
 * <p>Thread-safe.
 */
public enum LostEnds {
  /** Nothing: the other end waits until the session ends. */
  OFF,
  /** It is closed: a sender fails with {@link ReasonCode#FAILED}, a receiver cancels. */
  CLOSE,
  /**
   * It is closed, and a warning is logged to {@code io.libchan} with the stack of its making. Costs
   * a stack for each end.
   */
  REPORT;

  private static volatile LostEnds now =
      valueOf(System.getProperty("libchan.lostEnds", "off").toUpperCase(Locale.ROOT));

  /** What is in force for ends that are made from now on. */
  public static LostEnds now() {
    return now;
  }

  /** Puts this in force for ends that are made from now on. */
  public void use() {
    now = this;
  }
}
