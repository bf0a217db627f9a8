package io.libchan.cli.exec;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.SessionLost;
import io.libchan.cli.Lines;
import java.util.List;

/**
 * The exit codes of {@code exec} that are not the command's own, and how the server names them in a
 * reason.
 *
 * <p>Thread-safe.
 */
final class ExitCodes {
  /** No session, a lost one, or a server that refuses. */
  static final int FAILED = 125;

  /** The server found the command but could not run it. */
  static final int NOT_RUNNABLE = 126;

  /** The server did not find the command. */
  static final int NOT_FOUND = 127;

  private ExitCodes() {}

  /** The reason that tells the client to exit with this code. */
  static Reason reason(int exitCode, String message) {
    return new Reason(ReasonCode.FIRST_APPLICATION_NUMBER + exitCode, message, "", List.of());
  }

  /** The exit code for a failure. */
  static int of(ChannelException failure) {
    return of(failure.reason());
  }

  /** The exit code for a reason. */
  static int of(Reason reason) {
    return switch (reason.number() - ReasonCode.FIRST_APPLICATION_NUMBER) {
      case NOT_FOUND -> NOT_FOUND;
      case NOT_RUNNABLE -> NOT_RUNNABLE;
      default -> FAILED;
    };
  }

  /** The line for a failure, without the leading {@code libchan:}. */
  static String line(ChannelException failure) {
    String text = Lines.of(failure);
    return failure instanceof SessionLost
        ? "connection lost: " + text.replaceFirst("^the connection was lost: ", "")
        : text;
  }
}
