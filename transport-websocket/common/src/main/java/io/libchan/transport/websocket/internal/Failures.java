package io.libchan.transport.websocket.internal;

import io.libchan.ConnectFailed;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One clear line for each way a socket can fail. */
public final class Failures {
  private Failures() {}

  /** With one line for people. */
  public static ConnectFailed connect(String message, @Nullable Throwable cause) {
    return new ConnectFailed(Reason.of(ReasonCode.CONNECT_FAILED, message), cause);
  }

  /** Why a socket did not connect. */
  public static ConnectFailed notConnected(Address address, long millis, Throwable cause) {
    String where = address.toString();
    if (cause instanceof UnknownHostException) {
      return connect("unknown host " + address.host(), cause);
    }
    if (cause instanceof InterruptedIOException) { // a time-out of the socket or of the call
      return connect("no answer from " + where + " within " + millis + " ms", cause);
    }
    if (cause instanceof NoRouteToHostException) {
      return connect("no route to " + where, cause);
    }
    if (text(cause).contains("refused") || text(deepest(cause)).contains("refused")) {
      return connect("connection refused by " + where, cause);
    }
    return connect("cannot connect to " + where + ": " + cause.getMessage(), cause);
  }

  /** Why a listener could not be bound. */
  public static ConnectFailed notBound(Address address, Throwable cause) {
    Throwable first = deepest(cause);
    String detail =
        text(first).contains("in use") ? "the address is in use" : "" + first.getMessage();
    return connect("cannot listen at " + address.uri() + ": " + detail, cause);
  }

  /** What broke a connection that was set up. */
  public static IOException broken(Throwable cause) {
    String text = text(cause);
    if (text.contains("reset")) {
      return new IOException("connection reset by the peer", cause);
    }
    if (text.contains("broken pipe")) {
      return new IOException("the peer closed the connection while we wrote", cause);
    }
    if (text.contains("timed out")) {
      return new IOException("the peer's machine does not answer any more", cause);
    }
    return cause instanceof IOException io ? io : new IOException("" + cause, cause);
  }

  private static Throwable deepest(Throwable error) {
    Throwable at = error;
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return at;
  }

  private static String text(Throwable cause) {
    return ("" + cause.getMessage()).toLowerCase(Locale.ROOT);
  }
}
