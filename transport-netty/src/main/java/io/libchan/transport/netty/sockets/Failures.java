package io.libchan.transport.netty.sockets;

import io.libchan.ConnectFailed;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.netty.channel.ConnectTimeoutException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One clear line for each way a socket can fail. */
public final class Failures {
  private Failures() {}

  public static ConnectFailed connect(String message, @Nullable Throwable cause) {
    return new ConnectFailed(Reason.of(ReasonCode.CONNECT_FAILED, message), cause);
  }

  public static ConnectFailed notConnected(
      Address address, String tried, long millis, Throwable cause) {
    String where = tried.equals(address.toString()) ? tried : address + " (" + tried + ")";
    if (cause instanceof ConnectTimeoutException) {
      return connect("no answer from " + where + " within " + millis + " ms", cause);
    }
    if (cause instanceof NoRouteToHostException) {
      return connect("no route to " + where, cause);
    }
    if (cause instanceof ConnectException && text(cause).contains("refused")) {
      return connect("connection refused by " + where, cause);
    }
    return connect("cannot connect to " + where + ": " + cause.getMessage(), cause);
  }

  public static ConnectFailed notBound(Address address, Throwable cause) {
    if (cause instanceof BindException || text(cause).contains("in use")) {
      return connect("cannot listen at " + address.uri() + ": " + detail(cause), cause);
    }
    return connect("cannot listen at " + address.uri() + ": " + cause.getMessage(), cause);
  }

  private static String detail(Throwable cause) {
    return text(cause).contains("in use") ? "the address is in use" : "" + cause.getMessage();
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

  private static String text(Throwable cause) {
    return ("" + cause.getMessage()).toLowerCase(Locale.ROOT);
  }
}
