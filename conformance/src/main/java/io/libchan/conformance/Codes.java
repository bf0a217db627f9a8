package io.libchan.conformance;

import java.util.List;

/** Numbers of the wire and their names. Not to be instantiated. */
final class Codes {
  static final int DATA = 0;
  static final int WINDOW_UPDATE = 1;
  static final int PING = 2;
  static final int GO_AWAY = 3;

  static final int SYN = 1;
  static final int ACK = 2;
  static final int FIN = 4;
  static final int RST = 8;

  static final int WINDOW = 262_144;
  static final int TURN = 65_536;

  static final int HELLO = 1;
  static final int DRAIN = 2;
  static final int SESSION_END = 3;
  static final int JOINED = 4;
  static final int MESSAGE = 16;
  static final int CLOSE = 17;
  static final int FLUSH = 18;
  static final int WITHDRAW = 19;
  static final int ECHO = 20;
  static final int RECEIVED = 32;
  static final int CANCEL = 33;
  static final int WITHDRAWN = 34;

  static final int CONTROL = 0;
  static final int OPENER_SENDS = 1;
  static final int OPENER_RECEIVES = 2;
  static final int TWO_WAY = 3;
  static final int OPENER_WRITES = 4;
  static final int OPENER_READS = 5;

  static final long END = 0;
  static final long CANCELLED = 1;
  static final long SESSION_CLOSED = 3;
  static final long KEEPALIVE_TIMEOUT = 5;
  static final long PROTOCOL_ERROR = 6;
  static final long LIMIT = 7;
  static final long REF_NOT_FOUND = 9;
  static final long UNSUPPORTED = 10;
  static final long UNCLAIMED = 11;
  static final long DRAINING = 13;
  static final long TYPE_MISMATCH = 14;
  static final long TRUNCATED = 15;
  static final long RETURNED = 19;

  private static final List<String> REASONS =
      List.of(
          "END",
          "CANCELLED",
          "FAILED",
          "SESSION_CLOSED",
          "CONNECTION_LOST",
          "KEEPALIVE_TIMEOUT",
          "PROTOCOL_ERROR",
          "LIMIT",
          "REFUSED",
          "REF_NOT_FOUND",
          "UNSUPPORTED",
          "UNCLAIMED",
          "DEADLINE",
          "DRAINING",
          "TYPE_MISMATCH",
          "TRUNCATED",
          "CONNECT_FAILED",
          "WITHDRAWN",
          "INTERNAL",
          "RETURNED");

  private Codes() {}

  /** A reason as people read it: {@code LIMIT(7)}, or the number alone. */
  static String reason(long number) {
    if (number >= 0 && number < REASONS.size()) {
      return REASONS.get((int) number) + "(" + number + ")";
    }
    return Long.toString(number);
  }

  static String frame(int kind) {
    return switch (kind) {
      case HELLO -> "HELLO";
      case DRAIN -> "DRAIN";
      case SESSION_END -> "SESSION_END";
      case JOINED -> "JOINED";
      case 5 -> "TAKEN";
      case MESSAGE -> "MESSAGE";
      case CLOSE -> "CLOSE";
      case FLUSH -> "FLUSH";
      case WITHDRAW -> "WITHDRAW";
      case ECHO -> "ECHO";
      case RECEIVED -> "ACK";
      case CANCEL -> "CANCEL";
      case WITHDRAWN -> "WITHDRAWN";
      default -> "frame of kind " + kind;
    };
  }
}
