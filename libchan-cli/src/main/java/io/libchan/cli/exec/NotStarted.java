package io.libchan.cli.exec;

import io.libchan.Reason;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Why a command could not be started. The JDK tells the system's error number in its text alone,
 * and not in the same form in every version.
 *
 * <p>Thread-safe.
 */
final class NotStarted {
  private static final Pattern ERROR = Pattern.compile("error[=:] ?(\\d+),? \\(?([^()]+)\\)?\\s*$");
  private static final String NO_SUCH_FILE = "2";

  private NotStarted() {}

  /** What the client is told. */
  static Reason reason(String command, Exception failure) {
    String text = String.valueOf(failure.getMessage());
    Matcher error = ERROR.matcher(text);
    if (!error.find()) {
      return ExitCodes.reason(ExitCodes.NOT_RUNNABLE, "can't run " + command + ": " + text);
    }
    if (NO_SUCH_FILE.equals(error.group(1))) {
      return ExitCodes.reason(ExitCodes.NOT_FOUND, "command not found: " + command);
    }
    return ExitCodes.reason(ExitCodes.NOT_RUNNABLE, "can't run " + command + ": " + error.group(2));
  }
}
