package io.libchan.calls;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.io.IOException;
import java.util.List;

/**
 * The handler of a call ended with an error, and said so. A handler throws it to choose what the
 * caller gets; the caller's {@code call} throws it.
 *
 * <p>It is not one of the {@link io.libchan.ChannelException} family, as nothing is wrong with any
 * channel: the call was carried, and this is the answer. {@code catch (ChannelException e)} is what
 * kept the call from being answered, {@code catch (CallFailed e)} what the handler answered; both
 * are {@link IOException}.
 *
 * <p>A handler that lets the {@code CallFailed} of a call of its own pass hands it to its caller as
 * it is, origin included.
 *
 * <p>Thread-safe.
 */
public final class CallFailed extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Reason reason;

  /**
   * An error of the application's own.
   *
   * @param number what the error is, for programs; at least {@link
   *     ReasonCode#FIRST_APPLICATION_NUMBER}
   * @param text what happened, for people; the caller sees it. Cut to {@link Reason#MAX_TEXT_CHARS}
   *     characters
   * @throws IllegalArgumentException if the number is not an application's
   */
  public CallFailed(int number, String text) {
    this(new Reason(checked(number), text, "", List.of()));
  }

  CallFailed(Reason reason) {
    super(reason.toString());
    this.reason = reason;
  }

  private static int checked(int number) {
    if (number < ReasonCode.FIRST_APPLICATION_NUMBER) {
      throw new IllegalArgumentException(
          "error number " + number + " < " + ReasonCode.FIRST_APPLICATION_NUMBER);
    }
    return number;
  }

  /**
   * Number, text and origin of the error. The number is {@link ReasonCode#FAILED} where the handler
   * threw anything else than a {@code CallFailed}.
   */
  public Reason reason() {
    return reason;
  }

  /** The number of {@link #reason()}. */
  public int number() {
    return reason.number();
  }
}
