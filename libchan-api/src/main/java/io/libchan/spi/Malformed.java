package io.libchan.spi;

import io.libchan.LimitExceeded;
import io.libchan.MessageRejected;
import io.libchan.ProtocolViolation;
import io.libchan.Reason;
import io.libchan.ReasonCode;

/**
 * What every codec says about bytes that it does not accept. No text holds anything of the message.
 *
 * <p>Thread-safe: there is no state.
 */
public final class Malformed {
  private Malformed() {}

  /** Bytes that are no value of the format. Rule COD-3. */
  public static ProtocolViolation bytes(String what) {
    return new ProtocolViolation(Reason.of(ReasonCode.PROTOCOL_ERROR, "COD-3: " + what));
  }

  /** A value that a rule does not allow, while the bytes are well formed. */
  public static MessageRejected value(String rule, String what) {
    return new MessageRejected(Reason.of(ReasonCode.TYPE_MISMATCH, rule + ": " + what));
  }

  /** Too many levels. Rule COD-4. */
  public static LimitExceeded depth(int max) {
    return new LimitExceeded(Reason.limit("depth", "the message has more than " + max + " levels"));
  }

  /** Too many elements. Rule COD-5. */
  public static LimitExceeded elements(int max) {
    return new LimitExceeded(
        Reason.limit("elements", "the message has more than " + max + " elements"));
  }

  /** A string or byte array that is too long. Rule COD-6. */
  public static LimitExceeded string(long length, int max) {
    return new LimitExceeded(
        Reason.limit("string-bytes", "a value of " + length + " bytes exceeds " + max));
  }
}
