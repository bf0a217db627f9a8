package io.libchan.transport.http2;

import io.libchan.ConnectFailed;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/** One clear line for each answer that is not the one a client waits for. */
final class Answers {
  private static final int MAX_CHARS = 200;

  private Answers() {}

  /** Why a request was not taken. */
  static ConnectFailed refused(Target target, Http2Headers head) {
    String status = String.valueOf(head.status());
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

  private static String challenge(Http2Headers head) {
    CharSequence challenge = head.get("www-authenticate");
    return challenge == null ? "" : ", asks for " + printable(challenge.toString());
  }

  private static String type(Http2Headers head) {
    CharSequence type = head.get("content-type");
    return type == null ? "no content type" : printable(type.toString());
  }

  /** What a libchan service says itself about its refusal; null where it was somebody else. */
  private static @Nullable Reason reason(Http2Headers head) {
    CharSequence value = head.get(Names.REASON);
    if (value == null) {
      return null;
    }
    String text = value.toString();
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

  /** The name of an error code of HTTP/2. */
  static String code(long code) {
    Http2Error known = Http2Error.valueOf(code);
    return known == null ? "error " + code : known.name();
  }

  /** At most 200 visible characters of a foreign text. */
  static String printable(String text) {
    String clean = text.replaceAll("[^ -~]", "?");
    return clean.length() <= MAX_CHARS ? clean : clean.substring(0, MAX_CHARS) + "...";
  }
}
