package io.libchan.transport.http2.common.requests;

import io.libchan.ConnectFailed;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.transport.http2.common.Carrier;
import org.jspecify.annotations.Nullable;

/** One clear line for each answer that is not the one a client waits for. */
public final class Answers {
  private static final int MAX_CHARS = 200;

  private Answers() {}

  /** Whether a request was taken. Rule H2-8. */
  public static boolean isTaken(Carrier carrier, String status, Head head) {
    return status.equals("200") && carrier.token().equals(head.value(Names.CARRIER));
  }

  /** Whether a status says that no further request of the session will be taken either. */
  public static boolean isFinal(String status) {
    return status.equals("401") || status.equals("403") || status.equals("410");
  }

  /** The headers of an answer. */
  @FunctionalInterface
  public interface Head {
    /** The value of a header; null where there is none. */
    @Nullable String value(String name);
  }

  /** Why a request was not taken. Rule H2-10. */
  public static ConnectFailed refused(Target target, String status, Head head) {
    Reason told = reason(head);
    if (told != null) {
      return new ConnectFailed(
          new Reason(told.number(), target + ": " + told.message(), "", java.util.List.of()));
    }
    return switch (status) {
      case "401" ->
          failed(
              ReasonCode.REFUSED, target + " refused the credentials (401" + challenge(head) + ")");
      case "403" -> failed(ReasonCode.REFUSED, target + " does not allow this (403)");
      case "407" -> failed(ReasonCode.REFUSED, "a proxy before " + target + " wants credentials");
      case "404" -> failed(ReasonCode.CONNECT_FAILED, "nothing is served at " + target + " (404)");
      case "502", "503", "504" ->
          failed(
              ReasonCode.CONNECT_FAILED,
              "the service behind " + target + " is not available (" + status + ")");
      case "200" ->
          failed(
              ReasonCode.CONNECT_FAILED,
              target + " answered, but not as a libchan service: " + type(head));
      default ->
          failed(ReasonCode.CONNECT_FAILED, target + " answered with status " + printable(status));
    };
  }

  private static ConnectFailed failed(ReasonCode code, String message) {
    return new ConnectFailed(Reason.of(code, message));
  }

  private static String challenge(Head head) {
    String challenge = head.value("www-authenticate");
    return challenge == null ? "" : ", asks for " + printable(challenge);
  }

  private static String type(Head head) {
    String type = head.value("content-type");
    return type == null ? "no content type" : printable(type);
  }

  /** What a libchan service says itself about its refusal; null where it was somebody else. */
  private static @Nullable Reason reason(Head head) {
    String text = head.value(Names.REASON);
    if (text == null) {
      return null;
    }
    int space = text.indexOf(' ');
    String number = space < 0 ? text : text.substring(0, space);
    if (!number.matches("[0-9]{1,9}") || Integer.parseInt(number) == 0) {
      return null;
    }
    return new Reason(
        Integer.parseInt(number),
        space < 0 ? "" : printable(text.substring(space + 1)),
        "",
        java.util.List.of());
  }

  /** At most 200 visible characters of a foreign text. */
  public static String printable(String text) {
    String clean = text.replaceAll("[^ -~]", "?");
    return clean.length() <= MAX_CHARS ? clean : clean.substring(0, MAX_CHARS) + "...";
  }
}
