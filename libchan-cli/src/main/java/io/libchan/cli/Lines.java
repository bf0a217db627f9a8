package io.libchan.cli;

import io.libchan.ChannelException;
import io.libchan.Reason;

/**
 * Failures as one line for people.
 *
 * <p>Thread-safe.
 */
public final class Lines {
  private Lines() {}

  /**
   * What went wrong, on one line.
   *
   * @param failure any failure; a channel's tells the reason's text alone where there is one
   * @return the line
   */
  public static String of(Throwable failure) {
    if (failure instanceof ChannelException lost) {
      return of(lost.reason());
    }
    String message = failure.getMessage();
    return oneLine(message == null || message.isBlank() ? failure.toString() : message);
  }

  /**
   * A reason's text, or its code where it has none.
   *
   * @param reason any reason
   * @return the line
   */
  public static String of(Reason reason) {
    return oneLine(reason.message().isBlank() ? reason.toString() : reason.message());
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", "; ");
  }
}
