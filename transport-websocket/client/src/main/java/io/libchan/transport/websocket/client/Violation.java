package io.libchan.transport.websocket.client;

import io.libchan.ChannelException;

/** The peer sent what ends the connection: how it is told, here and there. */
final class Violation extends Exception {
  private static final long serialVersionUID = 1L;

  private final int code;
  private final ChannelException reason;

  Violation(int code, ChannelException reason) {
    super(reason.getMessage(), reason, false, false);
    this.code = code;
    this.reason = reason;
  }

  /** The code to close with. */
  int code() {
    return code;
  }

  /** What the session ends with. */
  ChannelException reason() {
    return reason;
  }
}
