package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import org.jspecify.annotations.Nullable;

/**
 * Makes a rejection of what Jackson, or the application's own code under it, threw. The text tells
 * the type and the path, and nothing else of what a peer sent. Rule COD-15.
 */
final class Rejection {
  private static final int MAX_TEXT_CHARS = 200;
  private static final int MAX_NAME_CHARS = 40;
  private static final int MAX_CAUSES = 32;

  private Rejection() {}

  static MessageRejected whileEncoding(JavaType type, Throwable failure) {
    throwFatal(failure);
    return rejected("can't write " + name(type) + at(failure) + what(failure), failure);
  }

  static MessageRejected whileDecoding(JavaType type, Throwable failure) {
    throwFatal(failure);
    return rejected("does not fit " + name(type) + at(failure) + what(failure), culprit(failure));
  }

  private static MessageRejected rejected(String text, @Nullable Throwable cause) {
    String cut = text.length() > MAX_TEXT_CHARS ? text.substring(0, MAX_TEXT_CHARS) : text;
    return new MessageRejected(Reason.of(ReasonCode.TYPE_MISMATCH, cut), cause);
  }

  /** A lack of memory is not the message's fault alone; nobody may go on as if it were. */
  private static void throwFatal(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
      if (cause instanceof VirtualMachineError fatal && !(cause instanceof StackOverflowError)) {
        throw fatal;
      }
    }
  }

  /** What application code threw; nothing if only Jackson did, as its texts quote the message. */
  private static @Nullable Throwable culprit(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
      if (cause instanceof MismatchedInputException) {
        return null;
      }
      if (!(cause instanceof JacksonException)) {
        return cause;
      }
    }
    return null;
  }

  private static String name(JavaType type) {
    return type.getRawClass().getSimpleName();
  }

  private static String at(Throwable failure) {
    if (!(failure instanceof JsonMappingException mapping) || mapping.getPath().isEmpty()) {
      return "";
    }
    StringBuilder path = new StringBuilder(" at ");
    for (JsonMappingException.Reference step : mapping.getPath()) {
      if (path.length() > MAX_TEXT_CHARS) {
        break;
      }
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append('.').append(printable(step.getFieldName()));
      }
    }
    return path.toString();
  }

  /** A key of a map is the peer's own text. */
  private static String printable(String name) {
    String cut = name.length() > MAX_NAME_CHARS ? name.substring(0, MAX_NAME_CHARS) : name;
    return cut.codePoints().allMatch(c -> Character.isLetterOrDigit(c) || "_-$ ".indexOf(c) >= 0)
        ? cut
        : "?";
  }

  private static String what(Throwable failure) {
    if (failure instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
      return ": not a fitting " + mismatch.getTargetType().getSimpleName();
    }
    Throwable culprit = culprit(failure);
    return culprit == null ? "" : ": " + culprit.getClass().getSimpleName();
  }
}
