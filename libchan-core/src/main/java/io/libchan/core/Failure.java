package io.libchan.core;

import io.libchan.Reason;
import io.libchan.ReasonCode;

/** What the peer did wrong on one stream; ends that stream, or the session for control. */
final class Failure extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Reason reason;

  Failure(Reason reason) {
    super(reason.toString(), null, false, false);
    this.reason = reason;
  }

  static Failure protocol(String rule, String what) {
    return new Failure(Reason.of(ReasonCode.PROTOCOL_ERROR, rule + ": " + what));
  }

  static Failure tooLong(int kind, int length, int limit) {
    String what = Integer.toUnsignedString(length) + " bytes > " + limit;
    return kind == Frames.MESSAGE
        ? new Failure(Reason.limit("message-bytes", "message of " + what))
        : protocol("FRM-2", "frame of kind " + kind + " of " + what);
  }

  Reason reason() {
    return reason;
  }
}
