package io.libchan.transport.websocket.internal;

import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.ProtocolViolation;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What both sides must agree on, and the words for what goes wrong. */
public final class Wire {
  /** The subprotocol. Rule WS-1. */
  public static final String SUBPROTOCOL = "libchan.v1";

  /** How many bytes a message that we write has at most. Rule WS-3. */
  public static final int WRITTEN_MESSAGE_BYTES = 64 * 1024;

  /** A close in good order. */
  public static final int NORMAL = 1000;

  /** The side goes away: a server stops, a page is left. */
  public static final int GOING_AWAY = 1001;

  /** The peer broke RFC 6455. */
  public static final int PROTOCOL_ERROR = 1002;

  /** A message of a kind that is not taken here: text. */
  public static final int UNSUPPORTED_DATA = 1003;

  /** A close frame without a code; never sent. */
  public static final int NO_CODE = 1005;

  /** No close frame came; never sent. */
  public static final int ABNORMAL = 1006;

  /** Text that is not UTF-8. */
  public static final int INVALID_TEXT = 1007;

  /** A message above the limit. */
  public static final int TOO_BIG = 1009;

  /** Something failed on the closing side. */
  public static final int INTERNAL = 1011;

  private static final int MAX_CLOSE_TEXT_BYTES = 123;

  private Wire() {}

  /** Whether RFC 6455 lets a close frame have this code. */
  public static boolean maySend(int code) {
    boolean registered = code >= 1000 && code <= 1014;
    boolean reserved = code == 1004 || code == NO_CODE || code == ABNORMAL;
    return (registered && !reserved) || (code >= 3000 && code < 5000);
  }

  /** The text as it fits into a close frame. */
  public static String cut(String text) {
    String fitting = text;
    while (fitting.getBytes(StandardCharsets.UTF_8).length > MAX_CLOSE_TEXT_BYTES) {
      int end = fitting.offsetByCodePoints(fitting.length(), -1);
      fitting = fitting.substring(0, end);
    }
    return fitting;
  }

  /**
   * What the session ends with, by the code the peer closed with; null for the one code that is in
   * good order. Rule WS-7.
   */
  public static @Nullable IOException closedBy(int code, String text) {
    String said = text.isEmpty() ? "" : ": " + text;
    String what = "the peer closed the WebSocket with " + code + " (" + name(code) + ")" + said;
    return switch (code) {
      case NORMAL -> null;
      case PROTOCOL_ERROR, UNSUPPORTED_DATA, INVALID_TEXT, 1010 ->
          new ProtocolViolation(Reason.of(ReasonCode.PROTOCOL_ERROR, what));
      case 1008 -> new ProtocolViolation(Reason.of(ReasonCode.REFUSED, what));
      case TOO_BIG -> new LimitExceeded(Reason.limit("websocket-message", what));
      default -> new IOException(what);
    };
  }

  private static String name(int code) {
    return switch (code) {
      case NORMAL -> "normal";
      case GOING_AWAY -> "going away";
      case PROTOCOL_ERROR -> "protocol error";
      case UNSUPPORTED_DATA -> "unsupported data";
      case NO_CODE -> "no code";
      case INVALID_TEXT -> "invalid text";
      case 1008 -> "policy violation";
      case TOO_BIG -> "message too big";
      case 1010 -> "extension missing";
      case INTERNAL -> "internal error";
      case 1012 -> "restarting";
      case 1013 -> "try again later";
      default -> code >= 4000 ? "of the application" : "unknown";
    };
  }

  /** The connection ended and no close frame had come. Rule WS-6. */
  public static IOException truncated() {
    return new IOException(
        "truncated: the connection ended without a close frame, so more may have been sent");
  }

  /** The peer sent text. Rule WS-4. */
  public static ChannelException textMessage() {
    return violation("WS-4", "a text message, only binary ones carry the session");
  }

  /** The peer sent a message above the limit. Rule WS-5. */
  public static ChannelException messageTooBig(long maxBytes) {
    return new LimitExceeded(
        Reason.limit("websocket-message", "more than maxMessageBytes " + maxBytes));
  }

  /** The peer broke RFC 6455. Rule WS-8. */
  public static ChannelException broken(String what) {
    return violation("WS-8", what);
  }

  private static ChannelException violation(String rule, String what) {
    return new ProtocolViolation(Reason.of(ReasonCode.PROTOCOL_ERROR, rule + ": " + what));
  }
}
