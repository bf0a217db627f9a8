package io.libchan.core.yamux;

import io.libchan.Reason;
import io.libchan.ReasonCode;

/** What the peer did that makes the session end. */
final class Broken extends Exception {
  private static final long serialVersionUID = 1L;

  final transient Reason reason;

  /** Whether these bytes are no frames at all: somebody between the two sides wrote them. */
  final boolean foreign;

  Broken(String rule, String what) {
    this(Reason.of(ReasonCode.PROTOCOL_ERROR, rule + ": " + what));
  }

  Broken(Reason reason) {
    this(reason, false);
  }

  private Broken(Reason reason, boolean foreign) {
    super(reason.toString(), null, false, false);
    this.reason = reason;
    this.foreign = foreign;
  }

  static Broken foreign(String rule, String what) {
    return new Broken(Reason.of(ReasonCode.PROTOCOL_ERROR, rule + ": " + what), true);
  }
}
