package io.libchan.testkit;

/**
 * The message of most tests.
 *
 * <p>Thread-safe: immutable.
 *
 * @param number which one it is
 * @param text anything
 */
public record Note(long number, String text) {
  /** A note that carries only its number. */
  public static Note of(long number) {
    return new Note(number, "note " + number);
  }
}
